/** `runtime quickstart shell`: a commented runtime.yaml from what lies in the folder. Tests: test/e2e/quickstart.test.ts */
import { basename, resolve } from "pathe";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { draftSpec } from "#core/manifest/draft-spec.ts";
import { parseSpec } from "#core/manifest/read-spec.ts";
import { checkRuntimeName } from "#core/ops/package-name.ts";
import { projectFacts } from "#core/ops/project-facts.ts";
import { writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { expandHome } from "#core/platform/paths.ts";
import { isName } from "#core/uri/names.ts";

export interface QuickstartShellParams {
  dir: string;
  name?: string;
  mode?: "venv" | "conda";
  force: boolean;
}

/** @throws EXISTS when there is a runtime.yaml and no force */
export async function quickstartShell(ctx: Ctx, params: QuickstartShellParams) {
  const dir = resolve(ctx.cwd, expandHome(ctx.env, params.dir));
  const facts = await projectFacts(ctx, dir);
  const mode = params.mode ?? (facts.conda.length > 0 ? "conda" : "venv");
  const conda = mode === "conda" ? facts.conda : [];
  const name = params.name ? checkRuntimeName(params.name) : nameFrom(facts.name ?? basename(dir));
  const text = draftSpec({
    ...facts,
    name,
    mode,
    files: [...conda, ...facts.requirements],
    otherFiles: [...facts.otherRequirements, ...(mode === "conda" ? [] : facts.conda)],
  });
  const path = `${dir}/runtime.yaml`;
  // What we write we must be able to read.
  parseSpec(text, path, dir);
  const written = await writeFileAtomic(path, text, { exclusive: !params.force });
  if (!written) throw new SwError("EXISTS", `${path} is there already`, { hint: "-f replaces it.", detail: { path } });
  return { dir, name, mode, files: [path], uri: null };
}

/** A folder may be called anything; what can't stand in a name becomes a dash. */
function nameFrom(text: string): string {
  const name = text
    .replace(/[^A-Za-z0-9_.-]+/g, "-")
    .replace(/^[^A-Za-z_]+/, "")
    .slice(0, 80);
  return isName(name) ? name : "my-runtime";
}
