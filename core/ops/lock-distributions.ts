/**
 * What is installed in an environment → a lock to exact hashes, and the wheels that have to be carried.
 * Shared by virtual environments and the pip part of conda ones. Tests: test/e2e/build-venv.test.ts,
 * test/e2e/carry-wheel.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { parseExport } from "#core/lock/export.ts";
import { thisPlatform } from "#core/lock/platforms.ts";
import { type Lock, resolveLock } from "#core/lock/resolve.ts";
import { normalizeName } from "#core/lock/wheel-name.ts";
import { PYTHON_VERSIONS, range } from "#core/manifest/supported.ts";
import { carryWheel } from "#core/ops/carry-wheel.ts";
import { type EnvPins, envPins, pinnedRequirements } from "#core/ops/env-pins.ts";
import type { BuildExtras } from "#core/protocol/methods/build-source.ts";
import { checkDistributions } from "#core/venv/check.ts";
import type { Distribution } from "#core/venv/distribution.ts";
import { type MarkerEnv, markerEnv, markerHolds } from "#core/venv/marker.ts";
import { isLocal, isRemote, type LocalOrigin, originOf, type RemoteOrigin } from "#core/venv/origin.ts";
import { notOnIndex, refuseLocal } from "#core/venv/refused.ts";

export interface EnvLockInput {
  /** What people call the environment, for messages. */
  label: string;
  python: { minor: string; version: string };
  /** The path of one of this minor version, to resolve and build with; asked for once, and only when it is needed. */
  findPython: () => Promise<string>;
  arch: string[];
  /** Of the same name twice the first counts. */
  distributions: readonly Distribution[];
  /** Those among them that the environment only sees (`--system-site-packages`). */
  seen?: readonly Distribution[];
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
  const first = new Map(input.distributions.toReversed().map((one) => [one.key, one]));
  const origins = input.distributions.filter((one) => first.get(one.key) === one).map(originOf);
  const allowed = { editable: input.extras.editable, localWheel: input.extras.local_wheel };
  refuseLocal(origins.filter(isLocal), allowed);
  const pins = envPins(ctx, origins.filter(isRemote));
  const path = origins.length > 0 ? await input.findPython() : "";
  return await lockOrigins(ctx, { ...input, path, pins, missing, absent: [], carried: [] }, origins.filter(isLocal));
}

/** Before anything is resolved or built for it. @throws SwError MANIFEST_PYTHON */
export function refusePython(label: string, { minor, version }: EnvLockInput["python"]): void {
  if (PYTHON_VERSIONS.some((known) => known === minor)) return;
  throw new SwError("MANIFEST_PYTHON", `${label} has Python ${version}, which is not supported`, {
    hint: `Runtimes are made for Python ${range(PYTHON_VERSIONS)}.`,
  });
}

/** What markers are read with; where only the minor version is known, its newest. */
export const markersOf = ({ minor, version }: EnvLockInput["python"]): MarkerEnv =>
  markerEnv(version === minor ? `${minor}.99` : version, thisPlatform());

/** The names that nothing may bring in: they are missing here as well, or come from elsewhere. */
function checkFit(ctx: Ctx, { label, python, distributions, provided, extras }: EnvLockInput): string[] {
  const { lines, missing } = checkDistributions([...distributions, ...provided], markersOf(python));
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
  /** Of the Python that was found. */
  path: string;
  pins: EnvPins;
  missing: string[];
  absent: Absent[];
  /** Paths of wheels. */
  carried: string[];
}

interface Absent {
  distribution: Distribution;
  reason: string;
}

// Each round finds one package that nobody serves, or those that are not installed.
const MAX_ROUNDS = 60;

async function lockOrigins(ctx: Ctx, locking: Locking, local: readonly LocalOrigin[]): Promise<EnvLock> {
  const { absent, carried, extras } = locking;
  for (const origin of local) carried.push(await carryWheel(ctx, origin, locking.path, locking.scratch));
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const outcome = await tryLock(ctx, locking);
    if ("distribution" in outcome) {
      await goWithout(ctx, locking, outcome);
      continue;
    }
    const more = notInstalled(locking, outcome);
    if (more.length > 0) leaveOut(ctx, locking, more, "asked for by a package but not installed");
    else if (absent.length > 0 && !extras.local_wheel) break;
    else return { lock: outcome, requirements: [...locking.pins.texts.values()], wheels: carried };
  }
  throw notOnIndex(absent.map(({ distribution: { name, version }, reason }) => ({ name, version, reason })));
}

/** The others are tried without it: who has to be told of several is told of all at once. */
async function goWithout(ctx: Ctx, locking: Locking, one: Absent): Promise<void> {
  const { distribution, reason } = one;
  const { pins, seen = [], extras, carried, path, scratch } = locking;
  locking.pins = {
    ...pins,
    texts: new Map([...pins.texts].filter(([origin]) => origin.distribution !== distribution)),
  };
  if (seen.includes(distribution) && extras.conflicts && !extras.local_wheel)
    return leaveOut(ctx, locking, [distribution.key], reason);
  locking.absent.push(one);
  if (extras.local_wheel) carried.push(await carryWheel(ctx, { kind: "file", place: "", distribution }, path, scratch));
}

function leaveOut(ctx: Ctx, locking: Locking, names: readonly string[], why: string): void {
  ctx.report.warn(`${names.join(", ")} of ${locking.label} is left out: ${why}`);
  locking.missing.push(...names);
}

/** What the lock would bring to this very machine although the environment is without it. */
function notInstalled({ python, distributions }: Locking, { requirementsTxt }: Lock): string[] {
  const there = new Set(distributions.map(({ key }) => key));
  const env = markersOf(python);
  return parseExport(requirementsTxt)
    .filter(({ name, marker }) => !there.has(name) && (marker === "" || markerHolds(marker, env)))
    .map(({ name }) => name);
}

async function tryLock(ctx: Ctx, locking: Locking): Promise<Lock | Absent> {
  const requirements = await pinnedRequirements(ctx, locking.pins, locking.label);
  const pinned = requirements.requirements.map(({ text }) => text);
  try {
    return await resolveLock(ctx, {
      python: { minor: locking.python.minor, path: locking.path },
      arch: locking.arch,
      archFrom: "--arch",
      requirements,
      wheels: locking.carried,
      overrides: [...pinned, ...locking.missing.map((name) => `${name} ; sys_platform == 'none'`)],
      pip: { indexUrl: "", extraIndexUrl: [], trustedHost: [] },
      useCache: true,
    });
  } catch (e) {
    return absentIn(e, [...locking.pins.texts.keys()]);
  }
}

/** All pins are met by themselves, so what can't be solved is a package that nobody serves as it is installed. */
function absentIn(e: unknown, origins: readonly RemoteOrigin[]): Absent {
  if (!(e instanceof SwError)) throw e;
  const found = origins.find(({ distribution }) => distribution.key === normalized(e.detail?.package));
  const isAbsent = e.code === "LOCK_UNSOLVABLE" || e.code === "HASH_MISMATCH" || isGone(e, found?.kind);
  if (!found || !isAbsent) throw e;
  return { distribution: found.distribution, reason: reasonOf(e, found.kind) };
}

const normalized = (name: unknown) => (typeof name === "string" ? normalizeName(name) : undefined);

/** An address may be gone for good; a login that is wanted is another matter. */
const isGone = ({ code, message }: SwError, kind: RemoteOrigin["kind"] | undefined): boolean =>
  kind === "url" && code === "LOCK_FAILED" && message.startsWith("can't get ") && !/\((401|403|407) /.test(message);

function reasonOf(e: SwError, kind: RemoteOrigin["kind"]): string {
  if (e.code === "LOCK_FAILED")
    return (e.message.split("\n")[0] ?? "").replace(/^can't get \S+ from /, "not to be had from ");
  if (e.code === "HASH_MISMATCH") return "its address serves another file than was installed";
  if (/has no wheels|wheels with/.test(e.message)) return "no wheel for this platform";
  return kind === "url" ? "its address serves another version" : "no such version on your indexes";
}
