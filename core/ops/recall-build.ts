/**
 * A build whose inputs all stand as they were is answered from memory: every file that the last one read has its stamp,
 * and the ref still has the version as its latest. Anything else is the long way's. Tests: test/e2e/build.test.ts
 */
import { statSync } from "node:fs";
import { EXPLICIT_LOCK_FILE } from "#core/conda/explicit-lock.ts";
import { condarcFiles } from "#core/config/condarc.ts";
import { pipConfigFiles } from "#core/config/pip-config.ts";
import type { Ctx } from "#core/context.ts";
import { readyEnv } from "#core/env/pointer.ts";
import { errno } from "#core/errors.ts";
import { type BuildInputs, lockFileOf, requirementsDir } from "#core/ops/build-inputs.ts";
import type { BuildParams, BuildResult } from "#core/ops/build-params.ts";
import { sourceLayout } from "#core/ops/source-layout.ts";
import { localProject } from "#core/ops/target.ts";
import { canonicalJson, sha256Hex } from "#core/platform/digest.ts";
import { configPath, homeDir } from "#core/platform/paths.ts";
import { resultEnv } from "#core/platform/result-env.ts";
import { defaultPythonMinor } from "#core/python/find.ts";
import { tagsOf } from "#core/store/ref.ts";
import { readRef } from "#core/store/refs.ts";

export interface Recalled {
  result: BuildResult;
  warnings: string[];
}

interface Remembered extends Recalled {
  project: string;
  /** The machine's choice of Python, where the yaml leaves it; it rests on more than files that a build reads. */
  hostPython: string | undefined;
  /** Path → stamp; "" for what was not there and must stay away. */
  stamps: [string, string][];
}

// The kernel's clock for files moves in steps: two writes within one look alike.
const GRAIN_MS = 50;

/** null: build it. */
export async function recallBuild(ctx: Ctx, params: BuildParams): Promise<Recalled | null> {
  const known = ctx.memo.get<Remembered>(memoKey(ctx, params));
  if (!known?.stamps.every(([path, stamp]) => stampNow(path).stamp === stamp)) return null;
  if ((await localProject(ctx, params.project)) !== known.project) return null;
  if (known.hostPython !== undefined && (await defaultPythonMinor(ctx)) !== known.hostPython) return null;
  const { name, version } = known.result;
  const ref = await readRef(ctx, known.project, name);
  if (ref?.tags.latest !== version || !params.tags.every((tag) => ref.tags[tag] === version)) return null;
  if (params.prepare !== "no" && !(await readyEnv(ctx, version))) return null;
  const { lock } = known.result;
  const result = {
    ...known.result,
    tags: tagsOf(ref, version),
    unchanged: true,
    lock: lock && { ...lock, cached: true },
  };
  return { result, warnings: known.warnings };
}

/** Keeps a build from yaml, unless one of its files is so young that a change could hide. */
export async function rememberBuild(
  ctx: Ctx,
  params: BuildParams,
  made: { inputs: BuildInputs; project: string; startedAt: number } & Recalled,
): Promise<void> {
  if (!params.cache || params.source) return;
  const stamps: [string, string][] = [];
  for (const path of await pathsOf(ctx, made.inputs)) {
    const { stamp, changedAt } = stampNow(path);
    if (changedAt > made.startedAt - GRAIN_MS) return;
    stamps.push([path, stamp]);
  }
  const { result, warnings, project } = made;
  const { from, minor } = made.inputs.python;
  const hostPython = from === "host" ? minor : undefined;
  ctx.memo.set(memoKey(ctx, params), { result, warnings, project, hostPython, stamps } satisfies Remembered);
}

const memoKey = (ctx: Ctx, params: BuildParams) =>
  `build:${sha256Hex(canonicalJson({ params: { ...params, prepare: undefined }, cwd: ctx.cwd, env: resultEnv(ctx.env) }))}`;

/** Everything that a build reads: what the yaml names, and the settings that change a resolution. */
async function pathsOf(ctx: Ctx, { spec, entries, requirements, python }: BuildInputs): Promise<string[]> {
  const layout = sourceLayout(spec);
  const at = (kind: "dependencies" | "wheels" | "files", path: string) => `${spec.dir}/${layout.sourceOf(kind, path)}`;
  const named = spec.dependencies.flatMap((d) => {
    if ("path" in d) return [at("dependencies", d.path)];
    return d.kind === "wheel" ? d.items.map((item) => at("wheels", item.text)) : [];
  });
  const files = entries
    .filter((e) => e.path.startsWith("files/"))
    .map((e) => at("files", e.path.slice("files/".length)));
  const included = requirements.files.map((file) => at("dependencies", file));
  const links = requirements.index.findLinks.filter((link) => link.startsWith("/"));
  const settings = await settingsFiles(ctx);
  return [
    spec.file,
    lockFileOf(spec),
    `${requirementsDir(spec)}/${EXPLICIT_LOCK_FILE}`,
    ...named,
    ...included,
    ...files,
    ...links,
    ...settings,
    ...(python.path ? [python.path] : []),
  ];
}

async function settingsFiles(ctx: Ctx): Promise<string[]> {
  const { env } = ctx;
  const config = env.XDG_CONFIG_HOME || `${homeDir(env)}/.config`;
  const uv = [env.UV_CONFIG_FILE ?? `${config}/uv/uv.toml`, "/etc/uv/uv.toml"];
  const findLinks = (env.PIP_FIND_LINKS ?? "").split(/\s+/).filter((path) => path.startsWith("/"));
  return [...(await pipConfigFiles(env, ctx.cwd)), ...(await condarcFiles(env)), ...uv, ...findLinks, configPath(env)];
}

function stampNow(path: string): { stamp: string; changedAt: number } {
  try {
    const s = statSync(path);
    return { stamp: `${s.ino}:${s.size}:${s.mtimeMs}:${s.ctimeMs}`, changedAt: s.ctimeMs };
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR") throw e;
    return { stamp: "", changedAt: 0 };
  }
}
