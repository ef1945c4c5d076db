/**
 * Hashes for packages whose index gives none (plain file servers, old find-links pages): uv fetches their files and says.
 * Costs a download of every file that the lock lists, so only for them. Tests: test/unit/core/lock/resolve.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { runUv, type UvOptions } from "#core/engines/uv.ts";
import { type LockEntry, parseExport } from "#core/lock/export.ts";
import type { LockedPackage } from "#core/lock/uv-lock.ts";

export interface HashFilesInput {
  entries: readonly LockEntry[];
  packages: ReadonlyMap<string, LockedPackage>;
  python: string;
  /** Folder and variables of the resolution: the same indexes, the same credentials. */
  options: UvOptions;
  args: readonly string[];
}

/** The entries, those without a hash with the hashes of their files where these can be fetched. */
export async function hashFiles(ctx: Ctx, input: HashFilesInput): Promise<LockEntry[]> {
  const bare = input.entries.filter((entry) => entry.kind === "named" && entry.hashes.length === 0);
  const files = new Map(bare.map((entry) => [entry, filesOf(input.packages.get(entry.spec))]));
  const rounds = Math.max(0, ...[...files.values()].map((urls) => urls.length));
  if (rounds === 0) return [...input.entries];
  ctx.report.progress({
    step: "lock",
    text: `Hashing files of ${bare.map(({ name }) => name).join(", ")}: the index gives no hashes`,
  });
  const found = new Map<LockEntry, string[]>(bare.map((entry) => [entry, []]));
  // uv takes one URL for a name at a time.
  for (let round = 0; round < rounds; round++) {
    const asked = bare.filter((entry) => files.get(entry)?.[round] !== undefined);
    const lines = asked.map((entry) => `${entry.name} @ ${files.get(entry)?.[round]}`);
    const hashes = await hashRound(ctx, input, lines);
    for (const entry of asked) found.get(entry)?.push(...(hashes.get(entry.name) ?? []));
  }
  return input.entries.map((entry) => ({ ...entry, hashes: [...new Set(found.get(entry) ?? entry.hashes)].sort() }));
}

/** Wheels, or the source when there are none; files of folders are carried, not hashed here. */
function filesOf(locked: LockedPackage | undefined): string[] {
  const files = locked && locked.wheels.length > 0 ? locked.wheels : [locked?.sdist];
  return files.flatMap((file) => (file?.url === undefined ? [] : [file.url]));
}

/** What could not be fetched stays without a hash, and the lock is refused for it. */
async function hashRound(ctx: Ctx, input: HashFilesInput, lines: string[]): Promise<Map<string, string[]>> {
  const args = [...COMPILE, "--python", input.python, ...input.args];
  const { exitCode, stdout } = await runUv(ctx, args, { ...input.options, stdin: `${lines.join("\n")}\n` });
  return new Map((exitCode === 0 ? parseExport(stdout) : []).map((entry) => [entry.name, entry.hashes]));
}

const COMPILE = ["pip", "compile", "-", "--quiet", "--generate-hashes", "--no-deps", "--no-header", "--no-annotate"];
