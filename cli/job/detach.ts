/** Starts a method as a job and frees the prompt: what `--detach` does. */
import { clientFor } from "#cli/client/from-out.ts";
import type { Out } from "#cli/output/out.ts";
import type { ParamsOf } from "#core/protocol/methods.ts";

export const detachArgs = {
  detach: { type: "boolean", description: "Work in the background: print the job's id and free the prompt" },
} as const;

/** Prints the id alone, so that `id=$(… --detach)` is what scripts need. */
export async function startDetached<M extends "runtime.build" | "runtime.dockerize">(
  out: Out,
  method: M,
  params: ParamsOf<M>,
): Promise<void> {
  const job = await clientFor(out).call("job.start", { method, params });
  out.print(job, ({ id }) => id);
  out.talk(`See \`swcli job logs -f ${job.id}\`.`);
}
