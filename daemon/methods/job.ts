/** Handlers of methods on jobs. */
import type { Handlers } from "#daemon/handler.ts";

const jobs = () => import("#daemon/jobs/serve-jobs.ts");

export const jobHandlers = {
  "job.start": async (ctx, params, host) => (await jobs()).startJob(ctx, params, host),
  "job.list": async (ctx) => (await jobs()).listJobs(ctx),
  "job.info": async (ctx, params) => (await jobs()).jobInfo(ctx, params),
  "job.logs": async (ctx, params) => (await jobs()).jobLogs(ctx, params),
  "job.wait": async (ctx, params) => (await jobs()).waitForJob(ctx, params),
  "job.cancel": async (ctx, params, host) => (await jobs()).cancelJob(ctx, params, host),
  "job.remove": async (ctx, params, host) => (await jobs()).removeJobs(ctx, params, host),
} satisfies Partial<Handlers>;
