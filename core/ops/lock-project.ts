/**
 * `runtime lock`: the lock half of a build, written beside the runtime.yaml, where the next build keeps to it.
 * Versions that are locked stay unless they are upgraded or no longer fit. Tests: test/e2e/lock.test.ts,
 * test/e2e/lock-conda.test.ts
 */
import { resolve } from "pathe";
import { CONDA_LOCK_FILE, EXPLICIT_LOCK_FILE } from "#core/conda/explicit-lock.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { sameChoice } from "#core/lock/pins.ts";
import { normalizeName } from "#core/lock/wheel-name.ts";
import { type BuildInputs, collectInputs, LOCK_FILE, lockFileOf, VCS_LOCK_FILE } from "#core/ops/build-inputs.ts";
import { readProject } from "#core/ops/read-project.ts";
import { collectSource } from "#core/ops/source-inputs.ts";
import { readTextIfAny, removeFile, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { expandHome } from "#core/platform/paths.ts";
import type { BuildExtras, BuildSource } from "#core/protocol/methods/build-source.ts";
import { readBlobText } from "#core/store/blobs.ts";

export interface LockParams {
  /** The folder that gets the lock; the yaml's own when there is one. */
  dir: string;
  yaml?: string;
  /** An environment instead of a yaml. */
  source?: BuildSource;
  extras: Pick<BuildExtras, "editable" | "local_wheel" | "conflicts">;
  /** Packages to upgrade, all when the list is empty. */
  upgrade?: string[];
  cache: boolean;
  /** "check" and "print" write nothing. */
  mode: "write" | "check" | "print";
}

export interface LockResult {
  dir: string;
  files: { path: string; text: string; changed: boolean }[];
  platforms: string[];
  python: string;
}

/** @throws LOCK_STALE from a check, LOCK_UNSOLVABLE, MANIFEST_* */
export async function lockProject(ctx: Ctx, params: LockParams): Promise<LockResult> {
  const { inputs, dir } = params.source ? await fromSource(ctx, params) : await fromYaml(ctx, params);
  const files = await lockTexts(ctx, { inputs, dir }, params.mode === "print" ? [] : [EXPLICIT_LOCK_FILE]);
  warnUnknown(ctx, params.upgrade ?? [], files);
  const stale = files.filter((file) => file.changed);
  if (params.mode === "check" && stale.length > 0) throw await staleError(stale.map(({ path }) => path));
  if (params.mode === "write") await write(files, dir);
  return { dir, files, platforms: inputs.lock?.platforms ?? [], python: inputs.python.minor };
}

/** A misspelt name would upgrade nothing without a word. */
function warnUnknown(ctx: Ctx, names: readonly string[], files: LockResult["files"]): void {
  const locked = new Set(files.flatMap(({ text }) => text.match(LOCKED_NAME) ?? []).map(normalizeName));
  for (const name of names) {
    if (!locked.has(normalizeName(name))) ctx.report.warn(`${name} is not in the lock, so there is nothing to upgrade`);
  }
}

/** `name==1`, `name[extra]==1`, `name @ address`; in a list of conda `- name=1=build`. */
const LOCKED_NAME = /(?<=^(?: *- )?)[A-Za-z0-9_][\w.-]*(?= ?(?:=|\[|@))/gm;

type Locked = { inputs: BuildInputs; dir: string };

async function fromYaml(ctx: Ctx, params: LockParams): Promise<Locked> {
  const spec = await readProject(ctx, params.yaml ?? `${params.dir}/runtime.yaml`);
  for (const warning of spec.warnings) ctx.report.warn(warning);
  const options = { lock: true, cache: params.cache, upgrade: params.upgrade };
  const collect = spec.mode === "venv" ? collectInputs : (await import("#core/ops/conda-inputs.ts")).collectCondaInputs;
  const inputs = await collect(ctx, spec, options);
  return { inputs, dir: lockFileOf(spec).split("/").slice(0, -3).join("/") };
}

async function fromSource(ctx: Ctx, params: LockParams): Promise<Locked> {
  const extras = { ...params.extras, pip_options: false, condarc: false };
  const target = { cuda: "", cudnn: "", arch: "noarch" } as const;
  const source = params.source ?? { kind: "shell" };
  const inputs = await collectSource(ctx, { source, target, extras });
  const wheels = inputs.entries.flatMap(({ path }) => (path.startsWith("wheels/") ? path.slice("wheels/".length) : []));
  if (wheels.length > 0)
    ctx.report.warn(`the lock is without ${wheels.join(", ")}: a build carries it, no index has it`);
  return { inputs, dir: resolve(ctx.cwd, expandHome(ctx.env, params.dir)) };
}

/** @param others for programs only: written where there are any, never printed */
async function lockTexts(ctx: Ctx, { inputs, dir }: Locked, others: string[]): Promise<LockResult["files"]> {
  const digests = new Map(inputs.entries.map(({ path, sha256 }) => [path, sha256 ?? ""]));
  const at = (file: string) => digests.get(`dependencies/${file}`);
  return await Promise.all(
    [...inputs.lockFiles, ...others.filter(at)].map(async (file) => {
      const text = await readBlobText(ctx, at(file) ?? "");
      const path = `${dir}/${file}`;
      return { path, text, changed: !isSame((await readTextIfAny(path)) ?? "", text, file) };
    }),
  );
}

const isSame = (old: string, text: string, file: string) =>
  old === text || (file.endsWith(".txt") && old !== "" && sameChoice(old, text));

async function staleError(paths: string[]): Promise<SwError> {
  const there = await Promise.all(paths.map((path) => Bun.file(path).exists()));
  const what = there.some(Boolean) ? "no longer says what runtime.yaml asks for" : "is not there";
  return new SwError("LOCK_STALE", `${paths.join(", ")} ${what}`, {
    hint: "Write it with: swcli runtime lock",
    detail: { files: paths },
  });
}

/** What is unchanged keeps its time. A lock of conda or pip packages or of repositories goes when none is asked for any more. */
async function write(files: LockResult["files"], dir: string): Promise<void> {
  for (const { path, text, changed } of files) if (changed) await writeFileAtomic(path, text);
  for (const own of [LOCK_FILE, VCS_LOCK_FILE, CONDA_LOCK_FILE, EXPLICIT_LOCK_FILE].map((file) => `${dir}/${file}`)) {
    if (!files.some(({ path }) => path === own)) await removeFile(own);
  }
}
