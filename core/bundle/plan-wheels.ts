/**
 * The wheels of a runtime's lock: what of them is carried for which platform, and where it is fetched from.
 * What an earlier bundle brought is not looked for again. Tests: test/e2e/bundle.test.ts, test/e2e/bundle-hard.test.ts
 */
import { type Choice, chooseFiles } from "#core/bundle/choose-files.ts";
import type { WantedFile } from "#core/bundle/fetch-file.ts";
import { type LocatedFile, locateFiles } from "#core/bundle/locate-files.ts";
import type { IndexSettings } from "#core/config/index-settings.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { type LockEntry, parseExport } from "#core/lock/export.ts";
import type { PlatformName } from "#core/lock/platforms.ts";
import { blobPath } from "#core/store/blobs.ts";
import type { CarriedFile } from "#core/store/carried-files.ts";

export interface PlannedFile {
  /** Below `bundle/`. */
  path: string;
  want: WantedFile;
  /** The platforms that need it. */
  for: PlatformName[];
}

export interface Planned {
  files: PlannedFile[];
  warnings: string[];
}

export interface WheelsInput {
  /** The lock file. */
  text: string;
  minor: string;
  platforms: readonly PlatformName[];
  settings: IndexSettings;
  carried: readonly CarriedFile[];
  /** The folder in the bundle. */
  folder: "wheels" | "engine";
}

/** @throws LOCK_FAILED when a file of the lock is nowhere; USAGE for a lock without hashes */
export async function planWheels(ctx: Ctx, input: WheelsInput): Promise<Planned> {
  const entries = parseExport(input.text);
  refuseUnhashed(entries);
  const { chosen, sources } = await choose(ctx, input, entries);
  return {
    files: chosen.map(({ file, hashes, exact, platforms }) => ({
      path: `${input.folder}/${file.name}`,
      want: { name: file.name, url: file.url, hashes, exact },
      for: platforms,
    })),
    warnings: sources.map(
      (spec) =>
        `${spec} has no wheel for every platform: its source is carried and built there, with build tools that are not carried (a folder of PIP_FIND_LINKS can have them), unless the runtime is built with a wheel of it under dependencies`,
    ),
  };
}

async function choose(ctx: Ctx, input: WheelsInput, entries: LockEntry[]): Promise<Choice> {
  const { minor, platforms, settings } = input;
  const known = carriedChoice(ctx, input, entries);
  if (known) return known;
  const files = await locateFiles(ctx, { entries, minor, settings });
  return chooseFiles({ entries, files, minor, platforms });
}

function carriedChoice(
  ctx: Ctx,
  { carried, minor, platforms, folder }: WheelsInput,
  entries: LockEntry[],
): Choice | undefined {
  const files = carried.filter(({ path }) => path.startsWith(`${folder}/`)).map((file) => asLocated(ctx, file));
  try {
    return chooseFiles({ entries, files, minor, platforms });
  } catch (e) {
    if (!(e instanceof SwError) || e.code !== "LOCK_FAILED") throw e;
    return undefined;
  }
}

const asLocated = (ctx: Ctx, { path, sha256 }: CarriedFile): LocatedFile => ({
  name: path.slice(path.lastIndexOf("/") + 1),
  url: Bun.pathToFileURL(blobPath(ctx, sha256)).href,
  hashes: [`sha256:${sha256}`],
  size: undefined,
});

function refuseUnhashed(entries: readonly LockEntry[]): void {
  const bare = entries.filter(({ hashes }) => hashes.length === 0).map(({ spec }) => spec);
  if (bare.length === 0) return;
  throw new SwError(
    "USAGE",
    `the lock of this runtime has no hashes (${bare.slice(0, 3).join(", ")}), so nothing can be carried safely`,
    {
      hint: "Build it with swcli: its locks name every file.",
      detail: { packages: bare },
    },
  );
}
