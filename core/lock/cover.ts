/**
 * Which platforms a lock covers in the end: one that nobody named and that lacks packages is dropped, with a warning.
 * Knows the rule, not how one attempt is made. Tests: test/unit/core/lock/cover.test.ts
 */
import { SwError } from "#core/errors.ts";
import type { PlatformName, PlatformPlan } from "#core/lock/platforms.ts";

export interface Dropped {
  platform: PlatformName;
  package: string;
}

export interface Cover<T> {
  solution: T;
  platforms: PlatformName[];
  dropped: Dropped[];
}

/**
 * Tries all platforms together, then without those that fail.
 * @throws whatever the attempt at the required platforms throws.
 */
export async function coverPlatforms<T>(
  plan: PlatformPlan,
  attempt: (platforms: PlatformName[]) => Promise<T>,
): Promise<Cover<T>> {
  const optional = plan.platforms.filter((platform) => !plan.required.includes(platform));
  const all = await tryPlatforms(plan.platforms, attempt);
  if (!("error" in all)) return { solution: all.solution, platforms: plan.platforms, dropped: [] };
  // A failure at a required platform stays one without the others.
  if (optional.length === 0 || plan.required.some((platform) => platform === all.error.detail?.platform))
    throw all.error;
  const solution = await attempt(plan.required);
  const cover: Cover<T> = { solution, platforms: plan.required, dropped: [] };
  for (const platform of optional)
    await addPlatform(cover, { platform, attempt, known: optional.length === 1 ? all : undefined });
  return cover;
}

type Attempt<T> = { solution: T } | { error: SwError };

/** Only "there is no such set of packages" may drop a platform; a lost network must not. */
async function tryPlatforms<T>(
  platforms: PlatformName[],
  attempt: (platforms: PlatformName[]) => Promise<T>,
): Promise<Attempt<T>> {
  try {
    return { solution: await attempt(platforms) };
  } catch (e) {
    if (e instanceof SwError && e.code === "LOCK_UNSOLVABLE") return { error: e };
    throw e;
  }
}

interface AddInput<T> {
  platform: PlatformName;
  attempt: (platforms: PlatformName[]) => Promise<T>;
  /** The outcome, when the very same attempt was made before. */
  known: Attempt<T> | undefined;
}

async function addPlatform<T>(cover: Cover<T>, { platform, attempt, known }: AddInput<T>): Promise<void> {
  const platforms = [...cover.platforms, platform].sort();
  const outcome = known ?? (await tryPlatforms(platforms, attempt));
  if ("error" in outcome) {
    const culprit = outcome.error.detail?.package;
    cover.dropped.push({ platform, package: typeof culprit === "string" ? culprit : "" });
    return;
  }
  cover.solution = outcome.solution;
  cover.platforms = platforms;
}

/** One line for people. @param archFrom what they name platforms with */
export const droppedWarning = (dropped: Dropped, archFrom = "environment.arch"): string =>
  `${dropped.platform} is not covered: ${dropped.package || "some package"} can't be had for it` +
  ` (name the platforms yourself with ${archFrom})`;
