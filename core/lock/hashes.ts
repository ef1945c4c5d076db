/**
 * The hashes that the user wrote, held against those of the lock: uv itself does not look at them.
 * Pure. Tests: test/unit/core/lock/hashes.test.ts
 */
import type { SwError } from "#core/errors.ts";
import type { LockEntry } from "#core/lock/export.ts";
import { lineError } from "#core/lock/line-error.ts";
import type { RequirementLine } from "#core/lock/requirements.ts";

/**
 * Entries with the hashes that both the user and the index name, where the user named any.
 * @throws SwError HASH_MISMATCH with the place of the line when they share none.
 */
export function checkHashes(entries: readonly LockEntry[], lines: readonly RequirementLine[]): LockEntry[] {
  const given = lines.filter((line) => line.hashes.length > 0);
  if (given.length === 0) return [...entries];
  return entries.map((entry) => {
    const about = given.filter((line) => line.name === entry.name && speaksOf(line, entry));
    return about.length === 0 || entry.kind === "vcs" ? entry : { ...entry, hashes: sharedHashes(entry, about) };
  });
}

/** A line pinned to another version stands under a marker that is not true here. */
function speaksOf(line: RequirementLine, entry: LockEntry): boolean {
  const pinned = /^[^\s;=]+={2,3}\s*([^\s;,*]+)(?=\s|;|$)/.exec(line.text)?.[1];
  const locked = /==(.+)$/.exec(entry.spec)?.[1];
  return pinned === undefined || locked === undefined || sameVersion(pinned, locked);
}

/** Loose on purpose: 1.0 and 1.0.0 are one version, and so are 1.0-rc1 and 1.0rc1. */
const sameVersion = (a: string, b: string) => bareVersion(a) === bareVersion(b);
const bareVersion = (version: string) =>
  version
    .toLowerCase()
    .replace(/^v/, "")
    .replace(/[-_](?=[a-z])/g, "")
    .replace(/(\.0+)+$/, "");

function sharedHashes(entry: LockEntry, about: readonly RequirementLine[]): string[] {
  const given = new Set(about.flatMap((line) => line.hashes));
  const comparable = [...given].filter((hash) => hash.startsWith("sha256:"));
  // Indexes name sha256 only; another algorithm is checked by the installer, against the user's own hashes.
  if (comparable.length === 0) return [...given].filter((hash) => /^sha(384|512):/.test(hash)).sort();
  const shared = entry.hashes.filter((hash) => given.has(hash));
  if (shared.length > 0) return shared;
  throw mismatch(entry, about);
}

function mismatch(entry: LockEntry, about: readonly RequirementLine[]): SwError {
  const [line] = about;
  const found = entry.hashes.slice(0, 3).join(", ") + (entry.hashes.length > 3 ? ", …" : "");
  return lineError({
    code: "HASH_MISMATCH",
    at: line?.at ?? { file: "requirements", line: 0 },
    problem: `none of the hashes given for ${entry.name} is one of ${entry.spec}`,
    source: line?.text ?? "",
    hint: `The index has ${found}. Correct the hashes, or find out who changed the package.`,
    detail: { package: entry.name },
  });
}
