/**
 * A build whose inputs all stand as they were is answered from memory: every file that the last one read has its stamp,
 * and the store still has what was made of them. Anything else is the long way's. Tests: test/e2e/build.test.ts
 */
import { statSync } from "node:fs";
import { EXPLICIT_LOCK_FILE } from "#core/conda/explicit-lock.ts";
import { condarcFiles } from "#core/config/condarc.ts";
import { pipConfigFiles } from "#core/config/pip-config.ts";
import type { Ctx } from "#core/context.ts";
import { linkRuntime } from "#core/env/links.ts";
import { readyEnv } from "#core/env/pointer.ts";
import { errno } from "#core/errors.ts";
import type { Requirements } from "#core/lock/requirements.ts";
import type { RuntimeSpec } from "#core/manifest/spec.ts";
import { type BuildInputs, lockFileOf, requirementsDir } from "#core/ops/build-inputs.ts";
import type { BuildParams, BuildResult } from "#core/ops/build-params.ts";
import { type Published, publishVersion } from "#core/ops/publish-version.ts";
import { sourceLayout } from "#core/ops/source-layout.ts";
import { localProject, localUri } from "#core/ops/target.ts";
import { canonicalJson, sha256Hex } from "#core/platform/digest.ts";
import { configPath, homeDir } from "#core/platform/paths.ts";
import { resultEnv } from "#core/platform/result-env.ts";
import { defaultPythonMinor } from "#core/python/find.ts";
import { tagsOf } from "#core/store/ref.ts";
import { readRef } from "#core/store/refs.ts";
import { isComplete, readVersionIfAny } from "#core/store/versions.ts";
import { isName } from "#core/uri/names.ts";

export interface Recalled {
  result: BuildResult;
  warnings: string[];
}

/** What a build made of its inputs; how it is called is the caller's affair. */
interface MadeBefore {
  version: string;
  /** The name that the yaml gives. */
  name: string;
  lock: BuildResult["lock"];
  warnings: string[];
}

interface Remembered extends MadeBefore {
  /** The machine's choice of Python, where the yaml leaves it; it rests on more than files that a build reads. */
  hostPython: string | undefined;
  /** Path → stamp; "" for what was not there and must stay away. */
  stamps: [string, string][];
}

// The kernel's clock for files moves in steps: two writes within one look alike.
const GRAIN_MS = 50;

/** null: build it, or say what is wrong. Another name for the same content is given here, since nothing has to be made for it. */
export async function recallBuild(ctx: Ctx, params: BuildParams): Promise<Recalled | null> {
  const known = await madeBefore(ctx, params);
  if (!known) return null;
  const { version, lock } = known;
  const ready = params.prepare === "no" ? undefined : await readyEnv(ctx, version);
  if (params.prepare !== "no" && !ready) return null;
  const at = { project: await localProject(ctx, params.project), name: params.name || known.name };
  const published = await publishedAs(ctx, at, { id: version, tags: params.tags });
  if (!published) return null;
  if (ready && !published.unchanged) await linkRuntime(ctx, at, ready.prefix);
  const { tags, unchanged, said } = published;
  const result = { name: at.name, version, tags, uri: localUri(at.project, at.name, version), unchanged, lock };
  return { result, warnings: [...known.warnings, ...said] };
}

type At = { project: string; name: string };

async function publishedAs(
  ctx: Ctx,
  at: At,
  { id, tags }: { id: string; tags: readonly string[] },
): Promise<Published | undefined> {
  const ref = await readRef(ctx, at.project, at.name);
  if (ref?.tags.latest === id && tags.every((tag) => ref.tags[tag] === id)) {
    return { tags: tagsOf(ref, id), unchanged: true, said: [] };
  }
  const version = await readVersionIfAny(ctx, id);
  if (tags.length > 0 || !isName(at.name) || !version || !(await isComplete(ctx, id))) return undefined;
  return await publishVersion(ctx, { ...at, version, tags });
}

/** The version that an earlier build made of the very same inputs; the store may have lost it since. */
async function madeBefore(ctx: Ctx, params: BuildParams): Promise<MadeBefore | undefined> {
  const known = ctx.memo.get<Remembered>(memoKey(ctx, params));
  if (!known?.stamps.every(([path, stamp]) => stampNow(path).stamp === stamp)) return undefined;
  if (known.hostPython !== undefined && (await defaultPythonMinor(ctx)) !== known.hostPython) return undefined;
  return { ...known, lock: known.lock && { ...known.lock, cached: true } };
}

/** Keeps a build from yaml, unless one of its files is so young that a change could hide. */
export async function rememberBuild(
  ctx: Ctx,
  params: BuildParams,
  made: { inputs: BuildInputs; startedAt: number } & MadeBefore,
): Promise<void> {
  if (!params.cache || params.source) return;
  const stamps: [string, string][] = [];
  for (const path of await pathsOf(ctx, made.inputs)) {
    const { stamp, changedAt } = stampNow(path);
    if (changedAt > made.startedAt - GRAIN_MS) return;
    stamps.push([path, stamp]);
  }
  const { version, name, lock, warnings } = made;
  const { from, minor } = made.inputs.python;
  const hostPython = from === "host" ? minor : undefined;
  ctx.memo.set(memoKey(ctx, params), { version, name, lock, warnings, hostPython, stamps } satisfies Remembered);
}

/** By what decides about the content: not by how the version is called, nor by what is done with it afterwards. */
const memoKey = (ctx: Ctx, { yaml, source, target, extras, lock, cache }: BuildParams) =>
  `build:${sha256Hex(canonicalJson({ yaml, source, target, extras, lock, cache, cwd: ctx.cwd, env: resultEnv(ctx.env) }))}`;

/** Everything that a build reads: what the yaml names, and the settings that change a resolution. */
async function pathsOf(ctx: Ctx, { spec, entries, requirements, python }: BuildInputs): Promise<string[]> {
  const files = entries
    .filter((e) => e.path.startsWith("files/"))
    .map((e) => `${spec.dir}/${sourceLayout(spec).sourceOf("files", e.path.slice("files/".length))}`);
  const links = requirements.index.findLinks.filter((link) => link.startsWith("/"));
  const settings = await settingsFiles(ctx);
  return [...namedPaths(spec, requirements), ...files, ...links, ...settings, ...(python.path ? [python.path] : [])];
}

/** The yaml, the locks beside it, and what it names and that includes, apart from the files that are placed. */
export function namedPaths(spec: RuntimeSpec, requirements: Requirements): string[] {
  const layout = sourceLayout(spec);
  const at = (kind: "dependencies" | "wheels", path: string) => `${spec.dir}/${layout.sourceOf(kind, path)}`;
  const named = spec.dependencies.flatMap((d) => {
    if ("path" in d) return [at("dependencies", d.path)];
    return d.kind === "wheel" ? d.items.map((item) => at("wheels", item.text)) : [];
  });
  const included = requirements.files.map((file) => at("dependencies", file));
  return [spec.file, lockFileOf(spec), `${requirementsDir(spec)}/${EXPLICIT_LOCK_FILE}`, ...named, ...included];
}

async function settingsFiles(ctx: Ctx): Promise<string[]> {
  const { env } = ctx;
  const config = env.XDG_CONFIG_HOME || `${homeDir(env)}/.config`;
  const uv = [env.UV_CONFIG_FILE ?? `${config}/uv/uv.toml`, "/etc/uv/uv.toml"];
  const findLinks = (env.PIP_FIND_LINKS ?? "").split(/\s+/).filter((path) => path.startsWith("/"));
  return [...(await pipConfigFiles(env, ctx.cwd)), ...(await condarcFiles(env)), ...uv, ...findLinks, configPath(env)];
}

/** "" for what is not there. */
export function stampNow(path: string): { stamp: string; changedAt: number } {
  try {
    const s = statSync(path);
    return { stamp: `${s.ino}:${s.size}:${s.mtimeMs}:${s.ctimeMs}`, changedAt: s.ctimeMs };
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR") throw e;
    return { stamp: "", changedAt: 0 };
  }
}
