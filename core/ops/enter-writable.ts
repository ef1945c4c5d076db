/** `activate --writable` and `run --writable`: a private environment and the change that enters it. Tests: test/e2e/writable.test.ts */
import { offlineCtx } from "#core/config/offline.ts";
import type { Ctx } from "#core/context.ts";
import type { ActivationPlan } from "#core/env/activation/plan.ts";
import type { RcShell } from "#core/env/activation/rc-files.ts";
import { openWritable } from "#core/env/open-writable.ts";
import { isWritableName } from "#core/env/writable.ts";
import { SwError } from "#core/errors.ts";
import { enterText } from "#core/ops/enter-shell.ts";
import { planOf, renderRc } from "#core/ops/plan-of.ts";
import { resolveLocal } from "#core/ops/target.ts";
import { readVersion } from "#core/store/versions.ts";

export interface WritableParams {
  uri: string;
  name: string;
  owner_pid: number;
  shell_pid?: number | undefined;
  fresh: boolean;
  offline: boolean;
  shell?: RcShell;
}

interface Entered {
  name: string;
  plan: ActivationPlan;
  rc?: string;
  text?: string;
}

/** @throws USAGE for a name that is none, and as `openWritable` */
export async function enterWritable(client: Ctx, params: WritableParams): Promise<Entered> {
  const ctx = offlineCtx(client, params.offline);
  if (params.name !== "" && !isWritableName(params.name)) throw badName(params.name);
  const resolved = await resolveLocal(ctx, params.uri);
  const version = await readVersion(ctx, resolved.version.id);
  const { project, name: runtime } = resolved.ref;
  const { name, owner_pid: ownerPid, shell_pid: shellPid, fresh } = params;
  const env = await openWritable(ctx, { name, ownerPid, shellPid, fresh, project, runtime, version });
  const plan = await planOf(ctx, resolved, env);
  const { shell } = params;
  if (!shell) return { name: env.name, plan };
  const rc = await renderRc(ctx, plan, shell);
  return { name: env.name, plan, rc, text: shell === "sh" ? undefined : enterText(plan, rc, shell) };
}

const badName = (name: string) =>
  new SwError("USAGE", `${JSON.stringify(name)} is no name for an environment`, {
    hint: "Letters, digits, _ . and -, a letter first, no .json, .used or .old at the end.",
  });
