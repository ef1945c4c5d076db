/**
 * The lock of a runtime: all pip inputs resolved together by uv, with hashes, for one Python and several platforms.
 * Composes the parts of this folder; knows nothing of packages or environments. Tests: test/unit/core/lock/resolve.test.ts
 */
import { mkdir, mkdtemp } from "node:fs/promises";
import { type IndexSettings, indexSettings } from "#core/config/index-settings.ts";
import type { Ctx } from "#core/context.ts";
import { runUv } from "#core/engines/uv.ts";
import { readCachedLock, writeCachedLock } from "#core/lock/cache.ts";
import { explainFailure } from "#core/lock/explain.ts";
import { type LockEntry, parseExport, renderLock, renderVcs } from "#core/lock/export.ts";
import { digestLockInput } from "#core/lock/key.ts";
import type { Lock, LockInput } from "#core/lock/lock.ts";
import { type PlatformName, type PlatformPlan, planPlatforms } from "#core/lock/platforms.ts";
import { projectToml } from "#core/lock/project.ts";
import { removeTree, writeFileAtomic } from "#core/platform/fs-atomic.ts";

export type { Lock, LockInput } from "#core/lock/lock.ts";

interface Plan {
  input: LockInput;
  platforms: PlatformPlan;
  settings: IndexSettings;
  key: string;
}

/** The lock of `input`: from the cache when it was resolved before, else by uv. */
export async function resolveLock(ctx: Ctx, input: LockInput): Promise<Lock> {
  const plan = await planLock(ctx, input);
  const cached = input.useCache && !input.upgrade ? await readCachedLock(ctx, plan.key) : undefined;
  if (cached) return cached;
  const lock = await solve(ctx, plan);
  await writeCachedLock(ctx, lock);
  return lock;
}

/** The key that `resolveLock` would use; touches no network. */
export async function lockKey(ctx: Ctx, input: LockInput): Promise<string> {
  return (await planLock(ctx, input)).key;
}

async function planLock(ctx: Ctx, input: LockInput): Promise<Plan> {
  const { index } = input.requirements;
  const settings = await indexSettings(ctx, {
    indexUrl: input.pip.indexUrl || index.indexUrl,
    extraIndexUrls: [...input.pip.extraIndexUrl, ...index.extraIndexUrls].filter((url) => url !== ""),
    findLinks: index.findLinks,
    trustedHosts: [...input.pip.trustedHost, ...index.trustedHosts].filter((host) => host !== ""),
    noIndex: index.noIndex,
  });
  const platforms = planPlatforms(input.arch);
  return { input, platforms, settings, key: await digestLockInput(ctx, { input, plan: platforms, settings }) };
}

async function solve(ctx: Ctx, plan: Plan): Promise<Lock> {
  const { input, platforms } = plan;
  const count = input.requirements.requirements.length + input.wheels.length;
  const covered = platforms.platforms.join(", ");
  ctx.report.progress({
    step: "lock",
    text: `Resolving ${count} requirements for Python ${input.python.minor} (${covered})`,
  });
  await mkdir(ctx.paths.ingest, { recursive: true });
  const dir = await mkdtemp(`${ctx.paths.ingest}/lock-`);
  try {
    const entries = await solveIn(ctx, plan, { dir, platforms: platforms.platforms });
    return {
      requirementsTxt: renderLock(entries.filter(({ kind }) => kind !== "vcs")),
      vcsTxt: renderVcs(entries.filter(({ kind }) => kind === "vcs")),
      platforms: platforms.platforms,
      dropped: [],
      carriedWheels: [],
      warnings: [...input.requirements.warnings, ...plan.settings.warnings],
      key: plan.key,
    };
  } finally {
    await removeTree(dir);
  }
}

async function solveIn(
  ctx: Ctx,
  plan: Plan,
  { dir, platforms }: { dir: string; platforms: PlatformName[] },
): Promise<LockEntry[]> {
  const { input, settings } = plan;
  const { requirements, constraints, index } = input.requirements;
  const toml = projectToml({
    pythonMinor: input.python.minor,
    platforms,
    requirements,
    constraints,
    index,
    wheels: input.wheels,
  });
  await writeFileAtomic(`${dir}/pyproject.toml`, toml, { mode: 0o600, durable: false });
  const options = { cwd: dir, env: settings.env };
  const onLine = (line: string) => ctx.report.log(line);
  const locked = await runUv(ctx, ["lock", "--python", input.python.path, ...settings.args], { ...options, onLine });
  if (locked.exitCode !== 0) throw explainFailure(locked.stderr, input.requirements);
  const exported = await runUv(ctx, [...EXPORT, "--python", input.python.path, ...settings.args], options);
  if (exported.exitCode !== 0) throw explainFailure(exported.stderr, input.requirements);
  return parseExport(exported.stdout);
}

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
