/** Jobs as the daemon has them: performed by the dispatcher, with the slots that the client's config allows. */
import { readConfig } from "#core/config/config-file.ts";
import { silentReport } from "#core/report.ts";
import { dispatch, parseParams, requireMethod } from "#daemon/dispatch.ts";
import { contextFor, type Host } from "#daemon/host.ts";
import { Jobs } from "#daemon/jobs/jobs.ts";
import type { SlotLimits } from "#daemon/jobs/kinds.ts";
import type { JobCall } from "#daemon/jobs/record.ts";
import { Slots } from "#daemon/jobs/slots.ts";
import type { Operations } from "#daemon/ops/operation.ts";

/** `host` is asked for late: it holds the jobs that are made here. */
export function createJobs(operations: Operations, host: () => Host): Jobs {
  return new Jobs({
    get paths() {
      return host().paths;
    },
    operations,
    slots: new Slots(() => host().paths.locks),
    limits: configuredLimits,
    perform: async (call) => await dispatch(host(), call),
    check: async (method, call) => await checkCall(host(), method, call),
  });
}

/** A call that can only fail leaves no job behind. */
async function checkCall(host: Host, name: string, { params, client }: JobCall): Promise<void> {
  const method = requireMethod(name);
  parseParams(method, params);
  if (method !== "runtime.dockerize") return;
  const { checkDockerize } = await import("#core/ops/dockerize-work.ts");
  const ctx = contextFor(host, client, { signal: new AbortController().signal, report: silentReport });
  await checkDockerize(ctx, parseParams(method, params));
}

const configuredLimits: SlotLimits = async (where) => (await readConfig(where)).swcli.slots;
