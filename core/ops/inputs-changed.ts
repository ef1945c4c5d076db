/**
 * Whether somebody has changed what a build reads since it began: then the same command means another build.
 * Tests: test/e2e/build-jobs.test.ts
 */
import { readdir } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { readRequirements } from "#core/lock/requirements.ts";
import { readSpec } from "#core/manifest/read-spec.ts";
import type { RuntimeSpec } from "#core/manifest/spec.ts";
import { requirementsDir, sourcesOf } from "#core/ops/build-inputs.ts";
import type { BuildParams } from "#core/ops/build-params.ts";
import { namedPaths, stampNow } from "#core/ops/recall-build.ts";
import { sourcePlace } from "#core/ops/source-inputs.ts";
import { sourceLayout } from "#core/ops/source-layout.ts";
import type { BuildSource } from "#core/protocol/methods/build-source.ts";
import { sitePackages } from "#core/venv/read-venv.ts";

// The kernel's clock for files lags behind by a tick.
const TICK_MS = 10;

/** @param since Unix ms */
export async function inputsChanged(ctx: Ctx, { yaml, source }: BuildParams, since: number): Promise<boolean> {
  // What can't be read has been changed, and a build of its own says what is wrong with it.
  const paths = await (source ? installedPaths(ctx, source) : readPaths(ctx, yaml)).catch(() => undefined);
  return paths === undefined || paths.some((path) => stampNow(path).changedAt > since - TICK_MS);
}

/** Whoever installs into an environment or takes out of it changes one of its folders. */
async function installedPaths(ctx: Ctx, source: BuildSource): Promise<string[]> {
  if (source.kind === "docker") return [];
  const { prefix } = (await sourcePlace(ctx, source)).place;
  const folders = await sitePackages(prefix);
  return [`${prefix}/pyvenv.cfg`, `${prefix}/conda-meta`, ...folders.map(({ path }) => path)];
}

async function readPaths(ctx: Ctx, yaml: string): Promise<string[]> {
  const spec = await readSpec(ctx, yaml);
  const requirements = await readRequirements({ dir: requirementsDir(spec), sources: sourcesOf(spec), env: ctx.env });
  return [...namedPaths(spec, requirements), ...(await placedPaths(spec))];
}

async function placedPaths(spec: RuntimeSpec): Promise<string[]> {
  const items = spec.dependencies.flatMap((d) => (d.kind === "native_file" ? d.items : []));
  const places = items.map(({ src }) => `${spec.dir}/${sourceLayout(spec).sourceOf("files", src)}`);
  return (await Promise.all(places.map(withContents))).flat();
}

async function withContents(path: string): Promise<string[]> {
  const inside = await readdir(path, { recursive: true }).catch(() => []);
  return [path, ...inside.map((name) => `${path}/${name}`)];
}
