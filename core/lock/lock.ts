/**
 * A lock: what a resolution gave, and its shape on disk in the cache. Knows nothing of how it is made.
 * Tests: test/unit/core/lock/resolve.test.ts
 */
import * as v from "valibot";
import type { PlatformName } from "#core/lock/platforms.ts";
import type { Requirements } from "#core/lock/requirements.ts";

export interface LockInput {
  python: { minor: string; path: string };
  /** `environment.arch` as written. */
  arch: string[];
  /** What people name platforms with, for messages; `environment.arch` when nobody says. */
  archFrom?: string;
  requirements: Requirements;
  /** Absolute paths of local wheels. */
  wheels: string[];
  /** `configs.pip`. */
  pip: { indexUrl: string; extraIndexUrl: string[]; trustedHost: string[] };
  /** Requirements that replace what packages themselves ask for (an environment is locked as it is). */
  overrides?: readonly string[];
  /** False resolves anew. */
  useCache: boolean;
  /** True asks the index again for what uv itself remembers. */
  upgrade?: boolean;
}

export interface Lock {
  requirementsTxt: string;
  /** "" when there are no VCS requirements. */
  vcsTxt: string;
  /** Sorted. */
  platforms: PlatformName[];
  dropped: { platform: PlatformName; package: string }[];
  /** Wheels of find-links folders: carried in the package, installed like local wheels. */
  carriedWheels: CarriedWheel[];
  /** Of whoever asked: a kept lock has none. */
  warnings: string[];
  key: string;
  /** Set by who answers: it was resolved before, by anybody on this machine. */
  cached?: boolean;
}

export interface CarriedWheel {
  path: string;
  /** Hex. */
  sha256: string;
}

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** A record of another shape (an older swcli, a damaged file) is a miss. */
export const LockRecord = v.strictObject({
  requirementsTxt: v.string(),
  vcsTxt: v.string(),
  platforms: v.array(v.string()),
  dropped: v.array(v.strictObject({ platform: v.string(), package: v.string() })),
  carriedWheels: v.array(v.strictObject({ path: v.string(), sha256 })),
  warnings: v.array(v.string()),
  key: sha256,
});
