/**
 * Finds what is not as it was recorded, by reading everything again, and says whose it is. Changes nothing.
 * Tests: test/e2e/drift.test.ts, test/e2e/drift-bytes.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { type RecordedFile, readFiles, readRecord } from "#core/env/record.ts";
import { sitePackages } from "#core/env/seen.ts";
import { namesIn } from "#core/platform/folder.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";

export interface Difference {
  path: string;
  what: "changed" | "missing" | "added";
  /** "six 1.17.0", or "" for what belongs to none. */
  distribution: string;
  /** As recorded; undefined for what was added. */
  was?: RecordedFile;
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
  const known = new Map(record.map((file) => [file.path, file]));
  const owners = await readOwners(prefix);
  const differences: Difference[] = [];
  for (const was of record) {
    const file = now.get(was.path);
    if (file?.sha256 === was.sha256) continue;
    const distribution = owners.get(was.path) ?? ownerOfBytecode(owners, was.path);
    differences.push({ path: was.path, what: file ? "changed" : "missing", distribution, was });
  }
  for (const path of now.keys()) {
    if (known.has(path) || isBytecode(path)) continue;
    differences.push({ path, what: "added", distribution: owners.get(path) ?? "" });
  }
  const bytes = [...now.values()].reduce((sum, { size }) => sum + size, 0);
  return { files: now.size, bytes, differences };
}

/** Root's Python leaves bytecode of other levels; that is no change of anything. */
const isBytecode = (path: string) => path.endsWith(".pyc");

/** `pkg/__pycache__/mod.cpython-311.pyc` is whose `pkg/mod.py` is. */
function ownerOfBytecode(owners: ReadonlyMap<string, string>, path: string): string {
  const [, folder, name] = /^(.*)__pycache__\/([^/.]+)\.[^/]+\.pyc$/.exec(path) ?? [];
  return folder === undefined ? "" : (owners.get(`${folder}${name}.py`) ?? "");
}

/** Path below the prefix → distribution, from the RECORD files. */
async function readOwners(prefix: string): Promise<Map<string, string>> {
  const site = sitePackages(prefix);
  const below = site.slice(prefix.length + 1);
  const names = await namesIn(site);
  const owners = new Map<string, string>();
  for (const info of names.filter((name) => name.endsWith(".dist-info"))) {
    const distribution = info.replace(/\.dist-info$/, "").replace("-", " ");
    const text = (await readTextIfAny(`${site}/${info}/RECORD`)) ?? "";
    for (const path of recordedPaths(text)) owners.set(resolve(below, path), distribution);
    owners.set(`${below}/${info}/RECORD`, distribution);
  }
  return owners;
}

/** The first field of each line; quoted only when it holds a comma or a quote. */
const recordedPaths = (text: string): string[] =>
  text.split(/\r?\n/).flatMap((line) => {
    const quoted = /^"((?:[^"]|"")*)"/.exec(line)?.[1];
    const path = quoted?.replaceAll('""', '"') ?? line.slice(0, Math.max(0, line.indexOf(",")));
    return path === "" ? [] : [path];
  });

/** `../../../bin/tool` below `lib/python3.11/site-packages` is `bin/tool`. */
function resolve(below: string, path: string): string {
  const parts = below.split("/");
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}
