/**
 * One run of uv: a generated project in a folder of its own, locked and exported. The folder goes in all cases.
 * Knows nothing of caches or of which platforms may be dropped. Tests: test/unit/core/lock/resolve.test.ts
 */
import { mkdir, mkdtemp } from "node:fs/promises";
import type { IndexSettings } from "#core/config/index-settings.ts";
import type { Ctx } from "#core/context.ts";
import { runUv, type UvOptions } from "#core/engines/uv.ts";
import { type Carried, carryWheels } from "#core/lock/carried.ts";
import { explainFailure } from "#core/lock/explain.ts";
import { parseExport } from "#core/lock/export.ts";
import { type Formats, formatEnv, hasFormats, keepFormats } from "#core/lock/formats.ts";
import { hashFiles } from "#core/lock/hash-files.ts";
import type { LockInput } from "#core/lock/lock.ts";
import type { PlatformName } from "#core/lock/platforms.ts";
import { projectToml } from "#core/lock/project.ts";
import { readUvLock } from "#core/lock/uv-lock.ts";
import { removeTree, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { redactUrl } from "#core/platform/redact.ts";

export interface SolveInput {
  input: LockInput;
  settings: IndexSettings;
  platforms: readonly PlatformName[];
}

/**
 * Resolves for exactly these platforms.
 * @throws SwError LOCK_UNSOLVABLE, LOCK_FAILED or OFFLINE.
 */
export async function solve(ctx: Ctx, work: SolveInput): Promise<Carried> {
  await mkdir(ctx.paths.ingest, { recursive: true });
  const dir = await mkdtemp(`${ctx.paths.ingest}/lock-`);
  try {
    return await solveIn(ctx, work, dir);
  } finally {
    await removeTree(dir);
  }
}

async function solveIn(ctx: Ctx, work: SolveInput, dir: string): Promise<Carried> {
  const formats = lockFormats(work);
  const options = { cwd: dir, env: { ...formatEnv(formats), ...work.settings.env, UV_NO_PROGRESS: "1" } };
  await writeFileAtomic(`${dir}/pyproject.toml`, projectText(work), { mode: 0o600, durable: false });
  const entries = parseExport(await lockAndExport(ctx, work, options));
  const isWhole = entries.every((entry) => entry.kind !== "named" || entry.hashes.length > 0);
  // Most locks need no look into uv.lock, which can be large.
  if (isWhole && !hasFormats(formats)) return { entries, names: new Set(), wheels: [] };
  const packages = readUvLock(await Bun.file(`${dir}/uv.lock`).text());
  const kept = keepFormats(entries, packages, formats);
  const { input, settings, platforms } = work;
  const hashed = await hashFiles(ctx, {
    entries: kept,
    packages,
    python: input.python.path,
    options,
    args: settings.args,
  });
  return await carryWheels({ entries: hashed, packages, platforms, dir });
}

/** What the runtime's files say goes after what the user's pip says, so that it wins (`:none:`). */
function lockFormats({ input, settings }: SolveInput): Formats {
  const { index } = input.requirements;
  return {
    pre: index.pre || settings.formats.pre,
    noBinary: [...settings.formats.noBinary, ...index.noBinary],
    onlyBinary: [...settings.formats.onlyBinary, ...index.onlyBinary],
  };
}

const projectText = ({ input, platforms }: SolveInput) =>
  projectToml({
    pythonMinor: input.python.minor,
    platforms,
    requirements: input.requirements.requirements,
    constraints: input.requirements.constraints,
    overrides: input.overrides ?? [],
    wheels: input.wheels,
  });

async function lockAndExport(ctx: Ctx, { input, settings }: SolveInput, options: UvOptions): Promise<string> {
  const common = ["--python", input.python.path, ...settings.args];
  const fresh = input.upgrade && !isOffline(ctx, settings) ? ["--refresh"] : [];
  const locked = await runUv(ctx, ["lock", ...fresh, ...common], { ...options, onLine: logLines(ctx) });
  if (locked.exitCode !== 0) throw explainFailure(locked.stderr, input);
  const exported = await runUv(ctx, [...EXPORT, ...common], options);
  if (exported.exitCode !== 0) throw explainFailure(exported.stderr, input);
  return exported.stdout;
}

/** uv's progress; not its failure, which is explained once and in other words. */
function logLines(ctx: Ctx): (line: string) => void {
  let failed = false;
  return (line) => {
    failed ||= line.startsWith("error: ");
    if (!failed && !/^(Using|Resolved) /.test(line)) ctx.report.log(redactUrl(line));
  };
}

const isOffline = (ctx: Ctx, settings: IndexSettings) => Boolean(ctx.env.UV_OFFLINE || settings.env.UV_OFFLINE);

const EXPORT = [
  "export",
  "--format",
  "requirements.txt",
  "--frozen",
  "--no-emit-project",
  "--no-emit-local",
  "--no-header",
  "--no-annotate",
];
