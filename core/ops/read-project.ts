/**
 * A runtime.yaml with what the files beside it make of it: lists of packages that conda wrote end as requirement files do.
 * Tests: test/e2e/conda-lock-inputs.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";
import { readSpec } from "#core/manifest/read-spec.ts";
import type { Dependency, RuntimeSpec } from "#core/manifest/spec.ts";
import { sourceLayout } from "#core/ops/source-layout.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";

/** @throws SwError MANIFEST_* for anything that is wrong with the yaml */
export async function readProject(ctx: Ctx, file: string): Promise<RuntimeSpec> {
  const spec = await readSpec(ctx, file);
  const dependencies = await Promise.all(spec.dependencies.map((one) => asCondaFile(spec, one)));
  const isConda = dependencies.some(({ kind }, i) => kind !== spec.dependencies[i]?.kind);
  if (!isConda || (spec.modeWritten && spec.mode === "venv")) return spec;
  return { ...spec, mode: "conda", dependencies };
}

async function asCondaFile(spec: RuntimeSpec, dependency: Dependency): Promise<Dependency> {
  if (dependency.kind !== "pip_req_file") return dependency;
  const text = await textOf(`${spec.dir}/${sourceLayout(spec).sourceOf("dependencies", dependency.path)}`);
  return /^\s*@EXPLICIT\s*$/m.test(text) ? { ...dependency, kind: "conda_env_file" } : dependency;
}

/** What can't be read is said where it is needed, with its line. */
async function textOf(path: string): Promise<string> {
  try {
    return (await readTextIfAny(path)) ?? "";
  } catch (e) {
    if (errno(e) === undefined) throw e;
    return "";
  }
}
