/**
 * A virtual environment → the inputs of a package that restores to the same versions. The environment is only read.
 * Tests: test/e2e/build-venv.test.ts
 */
import { mkdir } from "node:fs/promises";
import { basename } from "pathe";
import type { Ctx } from "#core/context.ts";
import { emptyRequirements } from "#core/lock/requirements.ts";
import type { Lock } from "#core/lock/resolve.ts";
import { parseSpec } from "#core/manifest/read-spec.ts";
import { type RenderedSpec, renderSpec } from "#core/manifest/render-spec.ts";
import type { RuntimeSpec } from "#core/manifest/spec.ts";
import { LOCK_FILE, VCS_LOCK_FILE } from "#core/ops/build-inputs.ts";
import type { EnvPlace, SourceInputs, SourceParams } from "#core/ops/build-source.ts";
import { textEntry } from "#core/ops/collect.ts";
import { type EnvLock, lockDistributions, markersOf, refusePython } from "#core/ops/lock-distributions.ts";
import { removeTree } from "#core/platform/fs-atomic.ts";
import { requirePython } from "#core/python/find.ts";
import { ingestPath, putBlobFile } from "#core/store/blobs.ts";
import type { Entry } from "#core/store/versions.ts";
import type { Distribution } from "#core/venv/distribution.ts";
import { readDistributions } from "#core/venv/distributions.ts";
import { envName } from "#core/venv/env-name.ts";
import { readVenv, type Venv } from "#core/venv/read-venv.ts";
import { neededFrom, systemSites } from "#core/venv/system-site.ts";

export async function inputsFromVenv(ctx: Ctx, params: SourceParams, place: EnvPlace): Promise<SourceInputs> {
  const venv = await readVenv(place.prefix);
  const python = { minor: venv.minor, version: venv.version };
  refusePython(place.prefix, python);
  const own = await readDistributions(venv.sitePackages);
  const seen = venv.systemSite ? await seenPackages(ctx, venv, own) : [];
  const distributions = [...own, ...seen];
  ctx.report.log(`${distributions.length} packages in ${place.prefix}, Python ${venv.version}`);
  return await inScratch(ctx, async (scratch) => {
    const { extras, target } = params;
    const findPython = async () => (await requirePython(ctx, venv.minor)).path;
    const found = {
      label: place.prefix,
      python,
      findPython,
      arch: [target.arch],
      distributions,
      seen,
      provided: [],
      extras,
      scratch,
    };
    const locked = await lockDistributions(ctx, found);
    const { name, own: wished } = envName(place.name ?? place.prefix);
    const rendered = { name, mode: "venv" as const, python: venv.version, ...target, arch: [target.arch] };
    return await assemble(ctx, { locked, rendered, place, wished });
  });
}

/** Of the base Python's packages those that it can't do without: elsewhere there is another base. */
async function seenPackages(ctx: Ctx, venv: Venv, own: readonly Distribution[]): Promise<Distribution[]> {
  const { prefix, base, minor, version } = venv;
  const all = await readDistributions(base === undefined ? [] : await systemSites(ctx.env, base, minor));
  const needed = neededFrom(own, all, markersOf({ minor, version }));
  const which = needed.length > 0 ? "all others are" : "they are";
  const need = needed.map((one) => `${one.name} ${one.version}`).join(", ");
  const also = need === "" ? "" : `what its own packages need (${need}) is locked too, `;
  ctx.report.warn(`${prefix} also sees the packages of its base Python; ${also}${which} no part of it and not locked`);
  return needed;
}

/** Wheels that are made on the way live here until they are in the store. */
export async function inScratch<T>(ctx: Ctx, work: (folder: string) => Promise<T>): Promise<T> {
  const scratch = await ingestPath(ctx);
  await mkdir(scratch, { recursive: true });
  try {
    return await work(scratch);
  } finally {
    await removeTree(scratch);
  }
}

interface Assembly {
  locked: EnvLock;
  rendered: Omit<RenderedSpec, "pip" | "wheels">;
  place: EnvPlace;
  wished: string;
}

async function assemble(ctx: Ctx, { locked, rendered, place, wished }: Assembly): Promise<SourceInputs> {
  const { lock } = locked;
  for (const warning of lock.warnings) ctx.report.warn(warning);
  const wheels = await wheelEntries(ctx, locked);
  const text = renderSpec({
    ...rendered,
    pip: locked.requirements,
    wheels: wheels.map(({ path }) => path.slice("wheels/".length)),
  });
  const yaml = await textEntry(ctx, "runtime.yaml", text);
  const locks = await lockEntries(ctx, lock);
  return {
    name: rendered.name,
    wished,
    spec: specOf(text),
    python: { minor: minorOf(rendered.python), version: rendered.python, from: "runtime.yaml" },
    requirements: emptyRequirements(),
    lock,
    lockCached: false,
    lockFiles: locks.map(({ path }) => path.slice("dependencies/".length)),
    entries: [yaml, ...locks, ...wheels],
    facts: {
      source: place.useShell ? "shell" : "venv",
      // As the Python client writes them: a shell's prefix is null.
      envPrefixPath: place.useShell ? null : place.prefix,
      envUseShell: place.useShell,
      pythonEnv: "venv",
    },
  };
}

const minorOf = (version: string) => version.split(".").slice(0, 2).join(".");

/** Our own text goes through the reader of everybody's: what it refuses is refused here too. */
export const specOf = (text: string): RuntimeSpec => parseSpec(text, "/runtime.yaml", "/");

/** Of find-links folders, local files and projects: nobody else could find them. */
export async function wheelEntries(ctx: Ctx, { lock, wheels }: Pick<EnvLock, "lock" | "wheels">): Promise<Entry[]> {
  const paths = [...new Set([...wheels, ...lock.carriedWheels.map(({ path }) => path)])].sort();
  return await Promise.all(
    paths.map(async (path): Promise<Entry> => {
      const blob = await putBlobFile(ctx, path);
      return { path: `wheels/${basename(path)}`, mode: 0o644, type: "file", size: blob.size, sha256: blob.sha256 };
    }),
  );
}

export async function lockEntries(ctx: Ctx, lock: Pick<Lock, "requirementsTxt" | "vcsTxt">): Promise<Entry[]> {
  const main = await textEntry(ctx, `dependencies/${LOCK_FILE}`, lock.requirementsTxt);
  if (lock.vcsTxt === "") return [main];
  return [main, await textEntry(ctx, `dependencies/${VCS_LOCK_FILE}`, lock.vcsTxt)];
}
