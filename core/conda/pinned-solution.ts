/**
 * A lock file of another tool taken as the solution: nothing is solved, every package is the one that it names.
 * Tests: test/e2e/conda-lock-inputs.test.ts
 */
import { publicAccess } from "#core/conda/channel-secrets.ts";
import { platformOf, type Subdir, subdirOf } from "#core/conda/platform.ts";
import { type CondaRecord, cleanRecord, FILE_NAME } from "#core/conda/record.ts";
import type { CondaSolution } from "#core/conda/solve.ts";
import type { CondaWants } from "#core/conda/wants.ts";
import { SwError } from "#core/errors.ts";
import { type PlatformName, planPlatforms } from "#core/lock/platforms.ts";
import type { PinnedPackage } from "#core/manifest/conda-lock-input.ts";

/** @throws SwError MANIFEST_DEPENDENCY when it is mixed with specs, PLATFORM_NOT_COVERED when it lacks a platform */
export function pinnedSolution(
  arch: readonly string[],
  { pinned, specs, variables, secrets }: CondaWants,
): CondaSolution {
  const { label = "", platforms: lists = {} } = pinned ?? {};
  const [extra] = specs;
  if (extra) {
    throw new SwError(
      "MANIFEST_DEPENDENCY",
      `${extra.at.file}:${extra.at.line}: ${extra.text} can't be added to the lock file ${label}`,
      {
        hint: "Add it with the tool that wrote the lock file, or leave the lock file out.",
      },
    );
  }
  const platforms = covered(arch, lists, label);
  const named = platforms.map((platform): [Subdir, CondaRecord[]] => {
    const subdir = subdirOf(platform);
    return [subdir, (lists[subdir] ?? []).map((one) => recordOf(one, label))];
  });
  const channels = [...new Set(named.flatMap(([, records]) => records.map(({ channel }) => channel)))].sort();
  return {
    lock: {
      channels,
      access: publicAccess(channels, secrets),
      requested: [],
      variables,
      platforms: Object.fromEntries(named),
    },
    platforms,
    dropped: [],
    cached: true,
  };
}

function covered(arch: readonly string[], lists: Record<string, PinnedPackage[]>, label: string): PlatformName[] {
  const plan = planPlatforms(arch);
  const isThere = (platform: string) => subdirOf(platform) in lists;
  const missing = plan.required.filter((platform) => !isThere(platform));
  if (missing.length > 0) {
    const has = Object.keys(lists).join(", ") || "no platform";
    throw new SwError("PLATFORM_NOT_COVERED", `${label} covers ${has}, not ${missing.map(subdirOf).join(", ")}`, {
      hint: "Write the lock file for it too, or name other platforms under environment.arch.",
    });
  }
  return plan.platforms.filter(isThere);
}

/** The file's name says what repodata would. */
function recordOf({ url, md5, sha256, depends }: PinnedPackage, label: string): CondaRecord {
  const fn = decodeURIComponent(url.slice(url.lastIndexOf("/") + 1));
  const [, name, version, build] = FILE_NAME.exec(fn) ?? [];
  const subdir = url.split("/").at(-2) ?? "";
  if (!name || !version || !build || (subdir !== "noarch" && !platformOf(subdir))) {
    throw new SwError("MANIFEST_DEPENDENCY", `${label}: ${url} is no conda package`, {
      hint: "Write the lock file again.",
    });
  }
  const number = Number(/_(\d+)$/.exec(build)?.[1] ?? /^(\d+)$/.exec(build)?.[1] ?? 0);
  return cleanRecord({
    name,
    version,
    build,
    build_number: number,
    subdir,
    fn,
    url,
    channel: "",
    md5,
    sha256,
    depends,
    constrains: [],
  });
}
