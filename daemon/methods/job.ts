/** Handlers of methods on jobs. */
import type { Handlers } from "#daemon/handler.ts";
import type { Host } from "#daemon/host.ts";

async function jobs(host: Host) {
  await host.jobs?.recovered();
  return await import("#daemon/jobs/serve-jobs.ts");
}

export const jobHandlers = {
  "job.start": async (ctx, params, host) => (await jobs(host)).startJob(ctx, params, host),
  "job.list": async (ctx, _, host) => (await jobs(host)).listJobs(ctx, host),
  "job.info": async (ctx, params, host) => (await jobs(host)).jobInfo(ctx, params, host),
  "job.logs": async (ctx, params, host) => (await jobs(host)).jobLogs(ctx, params, host),
  "job.wait": async (ctx, params, host) => (await jobs(host)).waitForJob(ctx, params, host),
  "job.cancel": async (ctx, params, host) => (await jobs(host)).cancelJob(ctx, params, host),
  "job.remove": async (ctx, params, host) => (await jobs(host)).removeJobs(ctx, params, host),
} satisfies Partial<Handlers>;
