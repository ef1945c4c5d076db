/**
 * The conda packages of a runtime's exact lock, and the engine that links them: both are needed where no network is.
 * Tests: test/e2e/bundle-conda.test.ts
 */
import type { Planned, PlannedFile } from "#core/bundle/plan-wheels.ts";
import { planWheels } from "#core/bundle/plan-wheels.ts";
import { lockAccess } from "#core/conda/channel-access.ts";
import { openPackage } from "#core/conda/channel-secrets.ts";
import { parseExplicit } from "#core/conda/explicit-lock.ts";
import { subdirOf } from "#core/conda/platform.ts";
import type { CondaRecord } from "#core/conda/record.ts";
import type { IndexSettings } from "#core/config/index-settings.ts";
import type { Ctx } from "#core/context.ts";
import { engineRequirement } from "#core/engines/rattler.ts";
import { SwError } from "#core/errors.ts";
import type { PlatformName } from "#core/lock/platforms.ts";
import type { CarriedFile } from "#core/store/carried-files.ts";

export interface CondaInput {
  /** The explicit lock. */
  text: string;
  platforms: readonly PlatformName[];
  settings: IndexSettings;
  carried: readonly CarriedFile[];
}

// The engine's wheels are for the stable ABI from here on.
const ENGINE_PYTHON = "3.10";

export async function planConda(
  ctx: Ctx,
  { text, platforms, settings, carried }: CondaInput,
): Promise<Planned & { logins: Record<string, string> }> {
  const lock = parseExplicit(text);
  const { secrets } = await lockAccess(ctx, lock);
  const files = new Map<string, PlannedFile>();
  for (const platform of platforms) {
    for (const record of lock.platforms[subdirOf(platform)] ?? []) {
      const path = condaPath(record);
      const known = files.get(path);
      if (known) known.for.push(platform);
      else files.set(path, { path, want: wantedOf(record, openPackage(record.url, secrets)), for: [platform] });
    }
  }
  const engine = await planWheels(ctx, {
    text: engineRequirement(),
    minor: ENGINE_PYTHON,
    platforms,
    settings,
    carried,
    folder: "engine",
  });
  return { files: [...files.values(), ...engine.files], warnings: engine.warnings, logins: secrets.logins };
}

/** Below `bundle/`: packages of two platforms may have one name. */
export const condaPath = ({ subdir, fn }: Pick<CondaRecord, "subdir" | "fn">): string => `conda/${subdir}/${fn}`;

function wantedOf(record: CondaRecord, url: string): PlannedFile["want"] {
  const { fn, sha256, md5 } = record;
  // A good hash leaves the weak one without a say.
  const hashes = sha256 !== undefined ? [`sha256:${sha256}`] : md5 !== undefined ? [`md5:${md5}`] : [];
  if (hashes.length > 0) return { name: fn, url, hashes, exact: true };
  throw new SwError("USAGE", `the lock of this runtime has no hash of ${fn}, so it can't be carried safely`, {
    hint: "Build the runtime again.",
  });
}
