/** Jobs as the daemon has them: performed by the dispatcher, with the slots that the client's config allows. */
import { readConfig } from "#core/config/config-file.ts";
import type { ParsedParams } from "#core/protocol/methods.ts";
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
    settle: async (method, call) => await settleCall(host(), method, call),
    hasChanged: async (method, call, since) => await hasChanged(host(), method, { call, since }),
  });
}

/** A call that can only fail leaves no job behind, and one of a runtime means the version that its name has now. */
async function settleCall(host: Host, name: string, call: JobCall): Promise<JobCall> {
  const method = requireMethod(name);
  const params = parseParams(method, call.params);
  if (method !== "runtime.dockerize") return call;
  const { checkDockerize } = await import("#core/ops/dockerize-work.ts");
  const uri = await checkDockerize(askingFor(host, call), params as ParsedParams<typeof method>);
  return { ...call, params: { ...(call.params as object), uri } };
}

/** Whether the call would do something else than a job that began with it at `since`. */
async function hasChanged(host: Host, name: string, { call, since }: { call: JobCall; since: number }) {
  const method = requireMethod(name);
  if (method !== "runtime.build") return false;
  const { inputsChanged } = await import("#core/ops/inputs-changed.ts");
  return await inputsChanged(askingFor(host, call), parseParams(method, call.params), since);
}

const askingFor = (host: Host, { client }: JobCall) =>
  contextFor(host, client, { signal: new AbortController().signal, report: silentReport });

const configuredLimits: SlotLimits = async (where) => (await readConfig(where)).swcli.slots;
