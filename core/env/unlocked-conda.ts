/**
 * Conda packages without an exact lock (built with `-del`, or by the Python client): the first activation solves what they
 * name for this machine, keeps the result beside the version, and says that it is not pinned.
 * Tests: test/e2e/unlocked-conda.test.ts
 */
import * as v from "valibot";
import { renderExplicit } from "#core/conda/explicit-lock.ts";
import { type CondaLocked, lockConda } from "#core/conda/lock-conda.ts";
import { condaWants } from "#core/conda/wants.ts";
import type { Ctx } from "#core/context.ts";
import { type Recipe, readManifest } from "#core/env/recipe.ts";
import { keepResolution, keptOnce, resolvedPath, unpackDependencies } from "#core/env/unlocked.ts";
import { linkWheels } from "#core/env/wheel-links.ts";
import { thisPlatform } from "#core/lock/platforms.ts";
import { type RequirementSource, readRequirements } from "#core/lock/requirements.ts";
import { manifestDependencies } from "#core/manifest/parse-manifest.ts";
import { parseSpec } from "#core/manifest/read-spec.ts";
import type { Dependency, RuntimeSpec } from "#core/manifest/spec.ts";
import { removeTree } from "#core/platform/fs-atomic.ts";
import { ingestPath, putBlobBytes, readBlobText } from "#core/store/blobs.ts";
import type { Version } from "#core/store/versions.ts";

const KeptSchema = v.object({
  requirements: v.string(),
  vcs: v.string(),
  wheels: v.array(v.object({ name: v.string(), sha256: v.string() })),
  conda: v.string(),
});
type Kept = v.InferOutput<typeof KeptSchema>;

export async function unlockedConda(ctx: Ctx, version: Version, recipe: Recipe): Promise<Recipe> {
  const kept = await keptOnce(resolvedPath(ctx, version.id), KeptSchema, () => solveNow(ctx, version, recipe));
  const { requirements, vcs, conda } = kept;
  return { ...recipe, requirements, vcs, conda, wheels: [...recipe.wheels, ...kept.wheels] };
}

async function solveNow(ctx: Ctx, version: Version, recipe: Recipe): Promise<Kept> {
  const what = recipe.locked ? "with the Python client's lock, which holds no hashes" : "without a lock";
  ctx.report.warn(`this runtime was built ${what}: its packages are resolved now and are not pinned`);
  const dir = await ingestPath(ctx);
  try {
    await unpackDependencies(ctx, version, dir);
    const { solution, lock } = await solveIn(ctx, { version, recipe, dir });
    const kept = await keepResolution(ctx, lock);
    return { ...kept, conda: (await putBlobBytes(ctx, renderExplicit(solution.lock))).sha256 };
  } finally {
    await removeTree(dir);
  }
}

async function solveIn(
  ctx: Ctx,
  { version, recipe, dir }: { version: Version; recipe: Recipe; dir: string },
): Promise<CondaLocked> {
  const manifest = await readManifest(ctx, version);
  const lockFile = manifest.environment.lock.files.find((file) => file.endsWith("conda-sw-lock.yaml"));
  const dependencies = lockFile ? fromLock(lockFile) : manifestDependencies(manifest);
  const { channels } = manifest.configs.conda;
  const textOf = (path: string) => Bun.file(`${dir}/${path}`).text();
  const wants = await condaWants({ dependencies, channels, label: "_manifest.yaml", textOf, env: ctx.env });
  const sources = [...pipSources(dependencies), ...wants.pip];
  const links = await linkWheels(ctx, recipe.wheels);
  return await lockConda(ctx, {
    spec: await specFor(ctx, version, { dir, exact: lockFile !== undefined }),
    wants,
    requirements: await readRequirements({ dir, sources, env: ctx.env }),
    wheels: recipe.wheels.map((wheel, i) => `${links.folders[i]}/${wheel.name}`),
    kept: { conda: {}, pip: [] },
    useCache: true,
    upgrade: false,
  });
}

/** It names every package, Python too, with version and build. */
const fromLock = (path: string): Dependency[] => [{ kind: "conda_env_file", path, at: { line: 1, column: 1 } }];

function pipSources(dependencies: readonly Dependency[]): RequirementSource[] {
  const at = { file: "_manifest.yaml", line: 0 };
  return dependencies.flatMap((d): RequirementSource[] => {
    if (d.kind === "pip_req_file") return [{ kind: "file", path: d.path, at }];
    return d.kind === "pip_pkg" ? d.items.map(({ text }) => ({ kind: "pkg", text, at })) : [];
  });
}

/** What the package's own yaml says, for this machine alone. */
async function specFor(
  ctx: Ctx,
  version: Version,
  { dir, exact }: { dir: string; exact: boolean },
): Promise<RuntimeSpec> {
  const digest = version.entries.find(({ path }) => path === "runtime.yaml")?.sha256 ?? "";
  const spec = parseSpec(await readBlobText(ctx, digest), "runtime.yaml", dir);
  const arch = thisPlatform() === "linux-x86_64" ? ["amd64"] : thisPlatform() === "linux-aarch64" ? ["arm64"] : [];
  return { ...spec, environment: { ...spec.environment, arch, python: exact ? undefined : spec.environment.python } };
}
