/**
 * What entering a prefix as some version changes, as data and as start files of a shell.
 * Tests: test/e2e/activate.test.ts, test/e2e/writable.test.ts
 */
import { existsSync } from "node:fs";
import { chmod, mkdir } from "node:fs/promises";
import { dirname } from "pathe";
import type { Ctx } from "#core/context.ts";
import { type ActivationPlan, condaPlan, venvPlan } from "#core/env/activation/plan.ts";
import { type RcShell, rcFilesOf } from "#core/env/activation/rc-files.ts";
import type { Marker } from "#core/env/marker.ts";
import { localUri } from "#core/ops/target.ts";
import { BUILD_ID } from "#core/platform/build-info.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import { writeFileAtomic } from "#core/platform/fs-atomic.ts";
import type { Resolved } from "#core/store/resolve.ts";

export const uriOf = ({ ref, version }: Resolved) => localUri(ref.project, ref.name, version.id);

/** The change that enters a prefix as that version. */
export async function planOf(
  ctx: Ctx,
  resolved: Resolved,
  { prefix, mode }: Pick<Marker, "prefix" | "mode">,
): Promise<ActivationPlan> {
  const { ref, version } = resolved;
  const input = { uri: uriOf(resolved), name: ref.name, project: ref.project, version: version.id, prefix };
  if (mode === "venv") return venvPlan(input);
  const { condaChange } = await import("#core/env/activation/conda-change.ts");
  return condaPlan(input, await condaChange(ctx, prefix));
}

/** The scripts of a plan for one shell, rendered once into a folder named by what goes into them: a plan, and this build. */
export async function renderRc(ctx: Ctx, plan: ActivationPlan, shell: RcShell): Promise<string> {
  const folder = `${ctx.paths.activation}/${sha256Hex(JSON.stringify({ plan, shell, build: BUILD_ID })).slice(0, 32)}`;
  if (existsSync(`${folder}/plan.json`)) return folder;
  const files = rcFilesOf(plan, shell);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // plan.json is written last: it is the sign that the folder is whole.
  const ordered = [...files.filter((f) => f.path !== "plan.json"), ...files.filter((f) => f.path === "plan.json")];
  for (const file of ordered) {
    await mkdir(dirname(`${folder}/${file.path}`), { recursive: true });
    await writeFileAtomic(`${folder}/${file.path}`, file.text, { durable: false, mode: 0o600 });
  }
  await chmod(folder, 0o700);
  return folder;
}
