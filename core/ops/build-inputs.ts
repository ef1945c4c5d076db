/**
 * Everything a build from yaml puts into a package, with the lock: the second and third step of the flow.
 * Tests: test/e2e/build.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { readPins, resolvePinned } from "#core/lock/pins.ts";
import { type RequirementSource, type Requirements, readRequirements } from "#core/lock/requirements.ts";
import type { Lock } from "#core/lock/resolve.ts";
import type { Dependency, RuntimeSpec } from "#core/manifest/spec.ts";
import { cleanedYaml, collectText } from "#core/ops/clean-text.ts";
import { atLine, collectPath, textEntry } from "#core/ops/collect.ts";
import { sourceLayout } from "#core/ops/source-layout.ts";
import { defaultPythonMinor, requirePython } from "#core/python/find.ts";
import { putBlobFile } from "#core/store/blobs.ts";
import type { Entry } from "#core/store/versions.ts";

export const LOCK_FILE = ".starwhale/lock/requirements-sw-lock.txt";
export const VCS_LOCK_FILE = ".starwhale/lock/vcs-requirements-sw-lock.txt";

export interface BuildInputs {
  /** With carried wheels among its dependencies. */
  spec: RuntimeSpec;
  /** `path` where the lock needed one. */
  python: { minor: string; version: string; from: "runtime.yaml" | "host"; path?: string };
  requirements: Requirements;
  lock: Lock | null;
  lockCached: boolean;
  /** Relative to `dependencies/`. */
  lockFiles: string[];
  /** Of conda, in the order of their numbers (channel-secrets.ts). */
  channels?: readonly string[];
  entries: Entry[];
}

export interface InputOptions {
  lock: boolean;
  /** False resolves anew and minds no lock that lies beside the yaml. */
  cache: boolean;
  /** Packages that may leave their locked version; all of them when there is none in the list. */
  upgrade?: readonly string[];
}

export async function collectInputs(ctx: Ctx, spec: RuntimeSpec, options: InputOptions): Promise<BuildInputs> {
  const own = await ownEntries(ctx, spec);
  const requirements = await readRequirements({ dir: requirementsDir(spec), sources: sourcesOf(spec), env: ctx.env });
  const included = await includedEntries(ctx, spec, requirements);
  const minor = spec.environment.python ?? (await defaultPythonMinor(ctx));
  const from = spec.environment.python ? ("runtime.yaml" as const) : ("host" as const);
  const base = { python: { minor, version: minor, from }, requirements, lockCached: false };
  if (!options.lock) return { ...base, spec, lock: null, lockFiles: [], entries: [...own, ...included] };
  const python = await requirePython(ctx, minor);
  const input = {
    python: { minor, path: python.path },
    arch: spec.environment.arch,
    requirements,
    wheels: wheelPaths(spec),
    pip: spec.configs.pip,
    useCache: options.cache,
    upgrade: options.upgrade !== undefined,
  };
  const { lock, kept } = await resolvePinned(ctx, input, await pinsFor(lockFileOf(spec), options));
  for (const warning of lock.warnings) ctx.report.warn(warning);
  if (!kept) ctx.report.warn(`the versions in ${LOCK_FILE} no longer fit; resolved anew`);
  const files = await lockEntries(ctx, lock);
  const carried = await carriedEntries(ctx, lock);
  return {
    ...base,
    python: { ...base.python, path: python.path },
    spec: withWheels(spec, carried),
    lock,
    lockCached: lock.cached ?? false,
    lockFiles: files.map((entry) => entry.path.slice("dependencies/".length)),
    entries: [...own, ...included, ...files, ...carried],
  };
}

export const requirementsDir = (spec: RuntimeSpec): string =>
  `${spec.dir}/${sourceLayout(spec).requirements}`.replace(/\/$/, "");

/** The lock that `runtime lock` keeps beside the yaml; in an extracted runtime it lies among the dependencies. */
export const lockFileOf = (spec: RuntimeSpec): string => `${requirementsDir(spec)}/${LOCK_FILE}`;

/** A lock beside the yaml (`runtime lock`, or in an extracted runtime) is kept to. */
export const pinsFor = async (path: string, { cache, upgrade }: InputOptions) =>
  cache && upgrade?.length !== 0 ? await readPins(path, upgrade) : [];

const wheelItems = (spec: RuntimeSpec) => spec.dependencies.flatMap((d) => (d.kind === "wheel" ? d.items : []));

export function wheelPaths(spec: RuntimeSpec): string[] {
  const layout = sourceLayout(spec);
  return wheelItems(spec).map((item) => `${spec.dir}/${layout.sourceOf("wheels", item.text)}`);
}

export function sourcesOf(spec: RuntimeSpec): RequirementSource[] {
  const file = spec.label ?? spec.file.slice(spec.file.lastIndexOf("/") + 1);
  return spec.dependencies.flatMap((d): RequirementSource[] => {
    if (d.kind === "pip_req_file") return [{ kind: "file", path: d.path, at: { file, ...d.at } }];
    return d.kind === "pip_pkg" ? d.items.map(({ text, at }) => ({ kind: "pkg", text, at: { file, ...at } })) : [];
  });
}

/** The yaml itself, requirement and conda files, wheels, files: all that the yaml names. */
export async function ownEntries(ctx: Ctx, spec: RuntimeSpec): Promise<Entry[]> {
  const yaml = cleanedYaml(ctx, spec);
  const entries = [await textEntry(ctx, "runtime.yaml", yaml)];
  for (const dependency of spec.dependencies) entries.push(...(await entriesOf(ctx, spec, dependency)));
  return entries;
}

async function entriesOf(ctx: Ctx, spec: RuntimeSpec, d: Dependency): Promise<Entry[]> {
  const layout = sourceLayout(spec);
  if (d.kind === "pip_req_file" || d.kind === "conda_env_file") {
    const source = layout.sourceOf("dependencies", d.path);
    const place = { source, target: `dependencies/${d.path}`, at: d.at };
    return await collectText(ctx, spec, place, d.kind === "conda_env_file");
  }
  if (d.kind === "wheel") {
    const trees = d.items.map(({ text, at }) =>
      collectPath(ctx, spec, { source: layout.sourceOf("wheels", text), target: `wheels/${text}`, at }),
    );
    return (await Promise.all(trees)).flat();
  }
  if (d.kind !== "native_file") return [];
  const trees = d.items.map(async (item) => {
    if (/^\/|(^|\/)\.\.(\/|$)/.test(item.dest)) {
      throw atLine(spec, item.at, "MANIFEST_PATH", `dest ${item.dest} leads out of the environment`);
    }
    if (/^(bin\/python[\d.]*|pyvenv\.cfg)$/.test(item.dest)) {
      throw atLine(spec, item.at, "MANIFEST_PATH", `dest ${item.dest} would replace the environment's own interpreter`);
    }
    return await collectPath(ctx, spec, {
      source: layout.sourceOf("files", item.src),
      target: `files/${item.src}`,
      at: item.at,
    });
  });
  return (await Promise.all(trees)).flat();
}

/** Files that requirement files include (-r, -c) and the yaml does not name. */
export async function includedEntries(ctx: Ctx, spec: RuntimeSpec, requirements: Requirements): Promise<Entry[]> {
  const base = sourceLayout(spec).requirements;
  const named = new Set(spec.dependencies.flatMap((d) => (d.kind === "pip_req_file" ? d.path : [])));
  const others = requirements.files.filter((file) => !named.has(file));
  const trees = others.map((file) =>
    collectText(ctx, spec, { source: `${base}${file}`, target: `dependencies/${file}`, at: { line: 1, column: 1 } }),
  );
  return (await Promise.all(trees)).flat();
}

async function lockEntries(ctx: Ctx, lock: Lock): Promise<Entry[]> {
  const main = await textEntry(ctx, `dependencies/${LOCK_FILE}`, lock.requirementsTxt);
  if (lock.vcsTxt === "") return [main];
  return [main, await textEntry(ctx, `dependencies/${VCS_LOCK_FILE}`, lock.vcsTxt)];
}

export async function carriedEntries(ctx: Ctx, lock: Lock): Promise<Entry[]> {
  return await Promise.all(
    lock.carriedWheels.map(async ({ path }) => {
      const blob = await putBlobFile(ctx, path);
      const name = path.slice(path.lastIndexOf("/") + 1);
      return { path: `wheels/${name}`, mode: 0o644, type: "file" as const, size: blob.size, sha256: blob.sha256 };
    }),
  );
}

/** Wheels of a find-links folder become wheels of the package: nobody else could find them again. */
export function withWheels(spec: RuntimeSpec, carried: readonly Entry[]): RuntimeSpec {
  if (carried.length === 0) return spec;
  const at = { line: 1, column: 1 };
  const items = carried.map((entry) => ({ text: entry.path.slice("wheels/".length), at }));
  return { ...spec, dependencies: [...spec.dependencies, { kind: "wheel", items, at }] };
}
