/**
 * Finds what is not as it was recorded, by reading everything again, and says whose it is. Changes nothing.
 * Tests: test/e2e/drift.test.ts, test/e2e/drift-bytes.test.ts, test/e2e/drift-conda.test.ts
 */
import { dirname } from "pathe";
import type { Ctx } from "#core/context.ts";
import { type Owner, readOwners } from "#core/env/owners.ts";
import { isFolder, isSame, type RecordedFile, readFiles, readRecord } from "#core/env/record.ts";

export interface Difference {
  path: string;
  what: "changed" | "missing" | "added";
  /** undefined for what belongs to none. */
  owner?: Owner | undefined;
  /** As recorded; undefined for what was added. */
  was?: RecordedFile;
  /** As it is; undefined for what is missing. */
  is?: RecordedFile | undefined;
}

export interface Verified {
  files: number;
  bytes: number;
  differences: Difference[];
}

/** undefined when the environment has no record yet. */
export async function verifyPrefix(ctx: Ctx, prefix: string): Promise<Verified | undefined> {
  const record = await readRecord(prefix);
  if (!record) return undefined;
  const now = new Map((await readFiles(ctx, prefix)).map((file) => [file.path, file]));
  const owners = await readOwners(prefix);
  const ownerOf = (path: string) => owners.get(path) ?? owners.get(sourceOf(path) ?? "");
  const files = [...now.values()].filter((file) => !isFolder(file));
  return {
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    differences: [...lost(record, now), ...added(record, now)].map((one) => ({ ...one, owner: ownerOf(one.path) })),
  };
}

function lost(record: readonly RecordedFile[], now: ReadonlyMap<string, RecordedFile>): Difference[] {
  return record.flatMap((was) => {
    const is = now.get(was.path);
    if (is && isSame(is, was)) return [];
    return [{ path: was.path, what: is ? ("changed" as const) : ("missing" as const), was, is }];
  });
}

function added(record: readonly RecordedFile[], now: ReadonlyMap<string, RecordedFile>): Difference[] {
  const known = new Set(record.map(({ path }) => path));
  const hasSource = ({ path }: RecordedFile) => now.has(sourceOf(path) ?? "") || known.has(sourceOf(path) ?? "");
  const isOfPython = (is: RecordedFile) => hasSource(is) || (isPycache(is) && known.has(dirname(is.path)));
  const found = [...now.values()].filter((is) => !known.has(is.path) && !isOfPython(is));
  return found.map((is) => ({ path: is.path, what: "added", is }));
}

/** Root's Python leaves bytecode; that is no change of anything. */
const isPycache = (is: RecordedFile): boolean => isFolder(is) && is.path.endsWith("/__pycache__");

/** `pkg/__pycache__/mod.cpython-311.pyc` is what `pkg/mod.py` was compiled to. */
export function sourceOf(path: string): string | undefined {
  const [, folder, name] = /^(.*)__pycache__\/([^/.]+)\.[^/]+\.pyc$/.exec(path) ?? [];
  return folder === undefined ? undefined : `${folder}${name}.py`;
}
