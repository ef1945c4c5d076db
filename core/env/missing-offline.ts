/**
 * Which packages of a lock are not on this machine: uv names one at a time, so it is asked again without that one.
 * Tests: test/e2e/bundle.test.ts, test/e2e/bundle-hard.test.ts
 */
import { OFFLINE_HINT } from "#core/config/offline.ts";
import type { Ctx } from "#core/context.ts";
import { runUv } from "#core/engines/uv.ts";
import { buildFailed } from "#core/env/build-error.ts";
import { SwError } from "#core/errors.ts";
import { type LockEntry, parseExport, renderLock } from "#core/lock/export.ts";
import { normalizeName } from "#core/lock/wheel-name.ts";
import { removeFile, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { ingestPath } from "#core/store/blobs.ts";

export interface FailedInstall {
  /** Of uv, with the lock's path as the last word. */
  args: readonly string[];
  env: Record<string, string>;
  /** The lock. */
  text: string;
  stderr: string;
}

// A person reads no longer list, and each takes a run.
const MAX_ROUNDS = 40;

interface Missing {
  entry: LockEntry;
  /** It is here as a source, and this is missing to build it. */
  needs: string | undefined;
}

const BUILD_HINT = "What a build needs is also taken from the folders of PIP_FIND_LINKS.";

const missingText = ({ entry, needs }: Missing): string =>
  needs === undefined ? entry.spec : `${entry.spec} (${needs} to build it)`;

const buildNeeds = (stderr: string): string | undefined =>
  /Failed to (?:download and )?build/.test(stderr)
    ? /No solution found when resolving: (.+)/.exec(stderr)?.[1]?.replaceAll("`", "")
    : undefined;

export async function missingOffline(ctx: Ctx, failed: FailedInstall): Promise<SwError> {
  const missing: Missing[] = [];
  let left = parseExport(failed.text);
  let stderr: string | undefined = failed.stderr;
  while (stderr !== undefined && missing.length < MAX_ROUNDS) {
    const entry = missingEntry(stderr, left);
    if (!entry) break;
    missing.push({ entry, needs: buildNeeds(stderr) });
    left = left.filter((other) => other !== entry);
    stderr = left.length > 0 ? await tryWithout(ctx, failed, left) : undefined;
  }
  if (missing.length === 0) return buildFailed(failed.stderr);
  const more = missing.length === MAX_ROUNDS && stderr !== undefined ? ", …" : "";
  return new SwError(
    "OFFLINE",
    `packages are missing here, and no network is to be used: ${missing.map(missingText).join(", ")}${more}`,
    {
      hint: missing.some(({ needs }) => needs !== undefined) ? `${OFFLINE_HINT} ${BUILD_HINT}` : OFFLINE_HINT,
      detail: { packages: missing.map(({ entry }) => entry.spec) },
    },
  );
}

/**
 * The one that uv stumbled over: the first that it names. Its words differ with the indexes and what their cache has. A
 * file that is here and damaged is none.
 */
function missingEntry(stderr: string, entries: readonly LockEntry[]): LockEntry | undefined {
  if (!/No solution found|network (connectivity )?(is|was) disabled/i.test(stderr)) return undefined;
  const said = stderr.slice(Math.max(0, stderr.search(/^error: /m)));
  for (const word of said.match(/[A-Za-z0-9][\w.-]*/g) ?? []) {
    // In an address a file's name goes on with its version.
    const names = [normalizeName(word), normalizeName(word.replace(/-\d.*$/s, ""))];
    const found = entries.find(({ name }) => names.includes(name));
    if (found) return found;
  }
  return undefined;
}

/** What uv says, or undefined when the rest is all here. */
async function tryWithout(
  ctx: Ctx,
  { args, env }: FailedInstall,
  entries: readonly LockEntry[],
): Promise<string | undefined> {
  const list = await ingestPath(ctx);
  try {
    await writeFileAtomic(list, renderLock(entries), { durable: false });
    const { exitCode, stderr } = await runUv(ctx, [...args.slice(0, -1), list, "--dry-run"], { env });
    return exitCode === 0 ? undefined : stderr;
  } finally {
    await removeFile(list);
  }
}
