/**
 * What is installed in an environment → a lock to exact hashes, and the wheels that have to be carried.
 * Shared by virtual environments and the pip part of conda ones. Tests: test/e2e/build-venv.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { thisPlatform } from "#core/lock/platforms.ts";
import { type RequirementSource, readRequirements } from "#core/lock/requirements.ts";
import { type Lock, resolveLock } from "#core/lock/resolve.ts";
import { carryWheel } from "#core/ops/carry-wheel.ts";
import type { BuildExtras } from "#core/protocol/methods/build-source.ts";
import { requirePython } from "#core/python/find.ts";
import { checkDistributions } from "#core/venv/check.ts";
import type { Distribution } from "#core/venv/distribution.ts";
import { markerEnv } from "#core/venv/marker.ts";
import { isLocal, type Origin, originOf } from "#core/venv/origin.ts";
import { notOnIndex, refuseLocal } from "#core/venv/refused.ts";

export interface EnvLockInput {
  /** What people call the environment, for messages. */
  label: string;
  python: { minor: string; version: string };
  arch: string[];
  distributions: readonly Distribution[];
  /** Installed by others (conda): they satisfy requirements and are not locked here. */
  provided: readonly Distribution[];
  extras: BuildExtras;
  /** A folder for wheels that are made; the caller removes it when all is in the store. */
  scratch: string;
}

export interface EnvLock {
  lock: Lock;
  /** Requirements as a runtime.yaml would list them. */
  requirements: string[];
  /** Absolute paths of wheels to carry. */
  wheels: string[];
}

/** @throws SwError LOCK_FAILED with the list of what can't travel, LOCK_UNSOLVABLE for packages that don't fit each other */
export async function lockDistributions(ctx: Ctx, input: EnvLockInput): Promise<EnvLock> {
  const missing = checkFit(ctx, input);
  const origins = input.distributions.map(originOf);
  const allowed = { editable: input.extras.editable, localWheel: input.extras.local_wheel };
  refuseLocal(origins.filter(isLocal), allowed);
  return await lockOrigins(ctx, { ...input, origins, missing });
}

/** The names that nothing may bring in: they are missing here as well, or come from elsewhere. */
function checkFit(ctx: Ctx, { label, python, distributions, provided, extras }: EnvLockInput): string[] {
  const version = python.version === python.minor ? `${python.minor}.99` : python.version;
  const { lines, missing } = checkDistributions([...distributions, ...provided], markerEnv(version, thisPlatform()));
  if (lines.length > 0 && !extras.conflicts) {
    throw new SwError("LOCK_UNSOLVABLE", `the packages of ${label} don't fit each other:\n  ${lines.join("\n  ")}`, {
      hint: "Repair the environment, or lock it as it is with --allow-conflicts.",
      detail: { conflicts: lines },
    });
  }
  for (const line of lines) ctx.report.warn(line);
  return [...missing, ...provided.map(({ key }) => key)];
}

interface Locking extends EnvLockInput {
  origins: readonly Origin[];
  missing: readonly string[];
}

// Each round finds one package that no index has.
const MAX_ROUNDS = 60;

async function lockOrigins(ctx: Ctx, locking: Locking): Promise<EnvLock> {
  let origins = locking.origins;
  const absent = new Map<string, { distribution: Distribution; reason: string }>();
  const carried: string[] = [];
  for (const origin of origins.filter(isLocal)) carried.push(await carryWheel(ctx, origin, locking.python.minor, locking.scratch));
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const outcome = await tryLock(ctx, { ...locking, origins }, carried);
    if ("lock" in outcome) {
      if (absent.size > 0 && !locking.extras.local_wheel) throw notOnIndex([...absent.values()].map(named));
      return { ...outcome, wheels: carried };
    }
    absent.set(outcome.absent.key, { distribution: outcome.absent, reason: outcome.reason });
    origins = origins.filter(({ distribution }) => distribution !== outcome.absent);
    if (locking.extras.local_wheel) {
      carried.push(await carryWheel(ctx, { kind: "file", place: "", distribution: outcome.absent }, locking.python.minor, locking.scratch));
    }
  }
  throw notOnIndex([...absent.values()].map(named));
}



const named = ({ distribution: { name, version }, reason }: { distribution: Distribution; reason: string }) => ({
  name,
  version,
  reason,
});

type Outcome = Omit<EnvLock, "wheels"> | { absent: Distribution; reason: string };

async function tryLock(ctx: Ctx, locking: Locking, wheels: readonly string[]): Promise<Outcome> {
  const pins = locking.origins.flatMap((origin) => (isLocal(origin) ? [] : [origin.requirement]));
  const sources: RequirementSource[] = pins.map((text) => ({
    kind: "pkg",
    text,
    at: { file: locking.label, line: 1 },
  }));
  const requirements = await readRequirements({ dir: "/", sources, env: ctx.env });
  const python = await requirePython(ctx, locking.python.minor);
  try {
    const lock = await resolveLock(ctx, {
      python: { minor: python.minor, path: python.path },
      arch: locking.arch,
      requirements,
      wheels: [...wheels],
      overrides: [...pins, ...locking.missing.map((name) => `${name} ; sys_platform == 'none'`)],
      pip: { indexUrl: "", extraIndexUrl: [], trustedHost: [] },
      useCache: true,
    });
    return { lock, requirements: pins };
  } catch (e) {
    return absentIn(e, locking);
  }
}

/** All pins are met by themselves, so what can't be solved is a package that no index has. */
function absentIn(e: unknown, { origins }: Locking): Outcome {
  const name = e instanceof SwError && e.code === "LOCK_UNSOLVABLE" ? e.detail?.package : undefined;
  const found = origins.find((origin) => !isLocal(origin) && origin.distribution.key === name);
  if (!found || !(e instanceof SwError)) throw e;
  return { absent: found.distribution, reason: reasonOf(e) };
}

const reasonOf = (e: SwError) =>
  /has no wheels|wheels with/.test(e.message) ? "no wheel for this platform" : "no such version on your indexes";
