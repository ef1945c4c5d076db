/** Jobs as the daemon has them: performed by the dispatcher, with the slots that the client's config allows. */
import { readConfig } from "#core/config/config-file.ts";
import { dispatch, parseParams, requireMethod } from "#daemon/dispatch.ts";
import type { Host } from "#daemon/host.ts";
import { Jobs } from "#daemon/jobs/jobs.ts";
import type { SlotLimits } from "#daemon/jobs/kinds.ts";
import type { Operations } from "#daemon/ops/operation.ts";

/** `host` is asked for late: it holds the jobs that are made here. */
export function createJobs(operations: Operations, host: () => Host): Jobs {
  return new Jobs({
    get paths() {
      return host().paths;
    },
    operations,
    limits: configuredLimits,
    perform: async (call) => await dispatch(host(), call),
    check: (method, params) => void parseParams(requireMethod(method), params),
  });
}

const configuredLimits: SlotLimits = async (where) => (await readConfig(where)).swcli.slots;
