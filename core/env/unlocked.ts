/**
 * Packages built with `-del` hold no lock: the first activation resolves what they ask for, keeps that resolution
 * beside the version, and says that the package is not pinned. Tests: test/unit/core/env/unlocked.test.ts
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "pathe";
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { type Recipe, readManifest } from "#core/env/recipe.ts";
import { linkWheels } from "#core/env/wheel-links.ts";
import { SwError } from "#core/errors.ts";
import { type RequirementSource, readRequirements } from "#core/lock/requirements.ts";
import { type Lock, resolveLock } from "#core/lock/resolve.ts";
import { manifestDependencies } from "#core/manifest/parse-manifest.ts";
import { readTextIfAny, removeTree, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { requirePython } from "#core/python/find.ts";
import { ingestPath, putBlobBytes, putBlobFile, readBlobText } from "#core/store/blobs.ts";
import type { Version } from "#core/store/versions.ts";

const KeptSchema = v.object({
  requirements: v.string(),
  vcs: v.string(),
  wheels: v.array(v.object({ name: v.string(), sha256: v.string() })),
});
type Kept = v.InferOutput<typeof KeptSchema>;

/** What is swept keeps it alive: see core/store/gc-mark.ts. */
export const resolvedPath = (ctx: Ctx, id: string): string =>
  `${ctx.paths.trees}/${id.slice(0, 2)}/${id}.resolved.json`;

/** The recipe with the resolution that this machine keeps for it, made now if there is none. */
export async function unlockedRecipe(ctx: Ctx, version: Version, recipe: Recipe): Promise<Recipe> {
  const kept = await keptOnce(resolvedPath(ctx, version.id), KeptSchema, () => resolveNow(ctx, version, recipe));
  return { ...recipe, requirements: kept.requirements, vcs: kept.vcs, wheels: [...recipe.wheels, ...kept.wheels] };
}

/** What is kept at `path`, made now if there is nothing; the first one stays when several make it at once. */
export async function keptOnce<S extends v.GenericSchema>(
  path: string,
  schema: S,
  make: () => Promise<v.InferOutput<S>>,
): Promise<v.InferOutput<S>> {
  const known = await readKept(path, schema);
  if (known !== undefined) return known;
  const made = await make();
  if (await writeFileAtomic(path, JSON.stringify(made), { exclusive: true })) return made;
  return (await readKept(path, schema)) ?? made;
}

async function readKept<S extends v.GenericSchema>(path: string, schema: S): Promise<v.InferOutput<S> | undefined> {
  const text = await readTextIfAny(path);
  try {
    return text === undefined ? undefined : v.parse(schema, JSON.parse(text));
  } catch (cause) {
    throw new SwError("STORE_DAMAGED", `${path} can't be read`, {
      hint: "Delete it: the packages of that runtime are then resolved again.",
      cause,
    });
  }
}

async function resolveNow(ctx: Ctx, version: Version, recipe: Recipe): Promise<Kept> {
  ctx.report.warn("this runtime was built without a lock: its packages are resolved now and are not pinned");
  const dir = await ingestPath(ctx);
  try {
    await unpackDependencies(ctx, version, dir);
    return await keepResolution(ctx, await resolveIn(ctx, { version, recipe, dir }));
  } finally {
    await removeTree(dir);
  }
}

async function resolveIn(
  ctx: Ctx,
  { version, recipe, dir }: { version: Version; recipe: Recipe; dir: string },
): Promise<Lock> {
  const manifest = await readManifest(ctx, version);
  const requirements = await readRequirements({
    dir,
    sources: sourcesOf(manifestDependencies(manifest)),
    env: ctx.env,
  });
  const python = await requirePython(ctx, recipe.python);
  const links = await linkWheels(ctx, recipe.wheels);
  return await resolveLock(ctx, {
    python: { minor: python.minor, path: python.path },
    arch: manifest.environment.arch,
    requirements,
    wheels: recipe.wheels.map((wheel, i) => `${links.folders[i]}/${wheel.name}`),
    pip: recipe.pip,
    useCache: true,
  });
}

function sourcesOf(dependencies: ReturnType<typeof manifestDependencies>): RequirementSource[] {
  const at = { file: "_manifest.yaml", line: 0 };
  return dependencies.flatMap((d): RequirementSource[] => {
    if (d.kind === "pip_req_file") return [{ kind: "file", path: d.path, at }];
    return d.kind === "pip_pkg" ? d.items.map(({ text }) => ({ kind: "pkg", text, at })) : [];
  });
}

/** The requirement files, where requirement files look for each other. */
export async function unpackDependencies(ctx: Ctx, version: Version, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const entry of version.entries) {
    if (!entry.path.startsWith("dependencies/") || entry.type !== "file") continue;
    const path = `${dir}/${entry.path.slice("dependencies/".length)}`;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await readBlobText(ctx, entry.sha256 ?? ""));
  }
}

export async function keepResolution(ctx: Ctx, lock: Lock): Promise<Kept> {
  const [requirements, vcs] = await Promise.all([
    putBlobBytes(ctx, lock.requirementsTxt),
    putBlobBytes(ctx, lock.vcsTxt),
  ]);
  const wheels = await Promise.all(
    lock.carriedWheels.map(async ({ path }) => {
      const blob = await putBlobFile(ctx, path);
      return { name: path.slice(path.lastIndexOf("/") + 1), sha256: blob.sha256 };
    }),
  );
  return { requirements: requirements.sha256, vcs: vcs.sha256, wheels };
}
