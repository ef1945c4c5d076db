/**
 * The lock of a runtime: all pip inputs resolved together by uv, with hashes, for one Python and several platforms.
 * Composes the parts of this folder; knows nothing of packages or environments. Tests: test/unit/core/lock/resolve.test.ts
 */

import { type IndexSettings, indexSettings } from "#core/config/index-settings.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { readCachedLock, writeCachedLock } from "#core/lock/cache.ts";
import type { Carried } from "#core/lock/carried.ts";
import { type Cover, coverPlatforms, droppedWarning } from "#core/lock/cover.ts";
import { type LockEntry, renderLock, renderVcs, restoreWritten } from "#core/lock/export.ts";
import { checkHashes } from "#core/lock/hashes.ts";
import { digestLockInput } from "#core/lock/key.ts";
import type { Lock, LockInput } from "#core/lock/lock.ts";
import { type PlatformName, planPlatforms } from "#core/lock/platforms.ts";
import { type LockQuestion, readSharedLock, writeSharedLock } from "#core/lock/shared-lock.ts";
import { solve } from "#core/lock/solve.ts";
import { readUserConstraints } from "#core/lock/user-constraints.ts";
import { amount } from "#core/report.ts";

export type { Lock, LockInput } from "#core/lock/lock.ts";

/** Its input is as asked, with the user's own constraints and all warnings. */
type Plan = LockQuestion;

/**
 * The lock of `input`: from the caches when it was resolved before, else by uv.
 * @throws SwError LOCK_UNSOLVABLE, LOCK_FAILED, OFFLINE, HASH_MISMATCH.
 */
export async function resolveLock(ctx: Ctx, input: LockInput): Promise<Lock> {
  const plan = await planLock(ctx, input);
  const cached = input.useCache && !input.upgrade ? await recallLock(ctx, plan) : undefined;
  if (cached) return { ...cached, cached: true, warnings: warningsOf(plan, cached) };
  const lock = await makeLock(ctx, plan);
  await writeCachedLock(ctx, lock);
  await writeSharedLock(ctx, plan, lock);
  return { ...lock, warnings: warningsOf(plan, lock) };
}

const warningsOf = ({ input }: Plan, { dropped }: Lock) => [
  ...input.requirements.warnings,
  ...dropped.map((one) => droppedWarning(one, input.archFrom)),
];

/** This machine's own first; what others resolved is kept here too. */
async function recallLock(ctx: Ctx, plan: Plan): Promise<Lock | undefined> {
  const own = await readCachedLock(ctx, plan.key);
  if (own) return own;
  const shared = await readSharedLock(ctx, plan);
  if (shared) await writeCachedLock(ctx, shared);
  return shared;
}

/** The key that `resolveLock` would use; touches no network. */
export async function lockKey(ctx: Ctx, input: LockInput): Promise<string> {
  return (await planLock(ctx, input)).key;
}

async function planLock(ctx: Ctx, asked: LockInput): Promise<Plan> {
  const settings = await lockIndexSettings(ctx, asked);
  const platforms = planPlatforms(asked.arch);
  const user = await readUserConstraints(ctx.env, settings.constraintFiles);
  const { requirements } = asked;
  const constraints = [...requirements.constraints, ...user.constraints];
  const warnings = [...requirements.warnings, ...settings.warnings, ...user.warnings];
  const input = { ...asked, requirements: { ...requirements, constraints, warnings } };
  return { input, platforms, settings, key: await digestLockInput(ctx, { input, plan: platforms, settings }) };
}

/** The settings of a lock's run; an environment made from the lock wants the same. */
export async function lockIndexSettings(
  ctx: Ctx,
  { pip, requirements: { index } }: Pick<LockInput, "pip" | "requirements">,
): Promise<IndexSettings> {
  const [indexUrl, ...more] = [pip.indexUrl, index.indexUrl ?? ""].filter((url) => url !== "");
  return await indexSettings(ctx, {
    indexUrl,
    // Two that were named for one runtime are both meant: the second is a further one.
    extraIndexUrls: [...more, ...pip.extraIndexUrl, ...index.extraIndexUrls].filter((url) => url !== ""),
    findLinks: index.findLinks,
    trustedHosts: [...pip.trustedHost, ...index.trustedHosts].filter((host) => host !== ""),
    noIndex: index.noIndex,
  });
}

async function makeLock(ctx: Ctx, plan: Plan): Promise<Lock> {
  const { input, settings } = plan;
  if (input.requirements.requirements.length + input.wheels.length === 0) return emptyLock(plan);
  await ctx.takeTurn();
  const attempt = async (platforms: PlatformName[]) => {
    reportAttempt(ctx, input, platforms);
    return await solve(ctx, { input, settings, platforms });
  };
  return lockOf(plan, await coverPlatforms(plan.platforms, attempt));
}

function reportAttempt(ctx: Ctx, input: LockInput, platforms: PlatformName[]): void {
  const count = input.requirements.requirements.length + input.wheels.length;
  ctx.report.progress({
    step: "lock",
    text: `Resolving ${amount(count, "requirement")} for Python ${input.python.minor} (${platforms.join(", ")})`,
  });
}

function lockOf({ input, key }: Plan, { solution, platforms, dropped }: Cover<Carried>): Lock {
  const { requirements, constraints } = input.requirements;
  const checked = checkHashes(solution.entries, [...requirements, ...constraints]);
  const listed = restoreWritten(checked, requirements).filter((entry) => !solution.names.has(entry.name));
  const pinned = listed.filter((entry) => entry.kind !== "vcs");
  refuseUnhashed(pinned);
  return {
    requirementsTxt: renderLock(pinned),
    vcsTxt: renderVcs(listed.filter((entry) => entry.kind === "vcs")),
    platforms,
    dropped,
    carriedWheels: solution.wheels,
    warnings: [],
    key,
  };
}

const emptyLock = ({ platforms, key }: Plan): Lock => ({
  requirementsTxt: renderLock([]),
  vcsTxt: "",
  platforms: platforms.platforms,
  dropped: [],
  carriedWheels: [],
  warnings: [],
  key,
});

/** A line without a hash would let anybody's file in, and makes pip refuse the whole lock. */
function refuseUnhashed(entries: readonly LockEntry[]): void {
  const bare = entries.filter((entry) => entry.hashes.length === 0).map((entry) => entry.spec);
  if (bare.length === 0) return;
  throw new SwError("LOCK_FAILED", `the index gives no hash for ${bare.join(", ")}`, {
    hint: "Download the wheel and list it under `wheels:`, or use an index that gives hashes.",
    detail: { packages: bare },
  });
}
