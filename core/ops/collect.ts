/**
 * Step two of a build: what the yaml names is read into the store – requirement files, wheels, files – as tree entries
 * at their places in a package. Paths stay inside the yaml's folder, also through links.
 * Tests: test/unit/core/ops/collect.test.ts
 */
import { lstat, readdir, readlink, realpath, stat } from "node:fs/promises";
import { dirname, normalize } from "pathe";
import type { Ctx } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import type { At, RuntimeSpec } from "#core/manifest/spec.ts";
import { putBlobBytes, putBlobFile } from "#core/store/blobs.ts";
import type { Entry } from "#core/store/versions.ts";
import { inParallel } from "#core/transfer/in-parallel.ts";

export interface Place {
  /** Path in the package. */
  target: string;
  /** Path as written, relative to the yaml's folder. */
  source: string;
  at: At;
}

/** @throws MANIFEST_FILE_MISSING, MANIFEST_PATH with the line of the yaml */
export async function collectPath(ctx: Ctx, spec: RuntimeSpec, place: Place): Promise<Entry[]> {
  const path = normalize(`${spec.dir}/${place.source}`);
  await refuseEscape(spec, place, path);
  const info = await stat(path);
  if (info.isDirectory()) return await collectTree(ctx, { spec, place, top: path, dir: path, target: place.target });
  if (!info.isFile()) throw atLine(spec, place.at, "MANIFEST_PATH", `${place.source} is neither a file nor a folder`);
  return [await fileEntry(ctx, path, place.target)];
}

async function fileEntry(ctx: Ctx, path: string, target: string): Promise<Entry> {
  const info = await stat(path);
  const blob = await putBlobFile(ctx, path);
  return { path: target, mode: info.mode & 0o111 ? 0o755 : 0o644, type: "file", size: blob.size, sha256: blob.sha256 };
}

/** Text that we made ourselves, such as the lock. */
export async function textEntry(ctx: Ctx, target: string, text: string): Promise<Entry> {
  const blob = await putBlobBytes(ctx, text);
  return { path: target, mode: 0o644, type: "file", size: blob.size, sha256: blob.sha256 };
}

/** @throws MANIFEST_FILE_MISSING, MANIFEST_PATH */
export async function refuseEscape(spec: RuntimeSpec, place: Place, path: string): Promise<void> {
  const real = await realpathOf(spec, place, path);
  const top = await realpath(spec.dir);
  if (real === top || real.startsWith(`${top}/`)) return;
  throw atLine(spec, place.at, "MANIFEST_PATH", `${place.source} leads out of the folder of the runtime.yaml`);
}

async function realpathOf(spec: RuntimeSpec, place: Place, path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR") throw e;
    throw atLine(spec, place.at, "MANIFEST_FILE_MISSING", `${place.source} is not there (looked for ${path})`);
  }
}

interface Walk {
  spec: RuntimeSpec;
  place: Place;
  top: string;
  dir: string;
  target: string;
}

async function collectTree(ctx: Ctx, walk: Walk): Promise<Entry[]> {
  const names = (await readdir(walk.dir)).sort();
  refuseUnreadable(walk, names);
  const own: Entry = { path: walk.target, mode: 0o755, type: "dir", size: 0 };
  const inner = new Map<string, Entry[]>();
  // A file of a tree takes a flush of the disk; together they take little more than one.
  await inParallel(names, AT_ONCE, async (name) => {
    const member = { ...walk, dir: `${walk.dir}/${name}`, target: `${walk.target}/${name}` };
    inner.set(name, await collectMember(ctx, member));
  });
  return [own, ...names.flatMap((name) => inner.get(name) ?? [])];
}

const AT_ONCE = 8;

/** Names come as text: bytes that are no UTF-8 came as U+FFFD, and nothing is called so. */
function refuseUnreadable({ spec, place, dir }: Walk, names: readonly string[]): void {
  const odd = names.find((name) => name.includes("\uFFFD"));
  if (odd === undefined) return;
  throw atLine(spec, place.at, "MANIFEST_PATH", `${dir}/${odd}: its name is not UTF-8 and can't be kept`);
}

async function collectMember(ctx: Ctx, walk: Walk): Promise<Entry[]> {
  const info = await lstat(walk.dir);
  if (info.isSymbolicLink()) return [await linkEntry(walk)];
  if (info.isDirectory()) return await collectTree(ctx, walk);
  if (info.isFile()) return [await fileEntry(ctx, walk.dir, walk.target)];
  throw atLine(walk.spec, walk.place.at, "MANIFEST_PATH", `${walk.dir} is neither a file, a folder nor a link`);
}

/** Links are kept as links and must stay inside the tree that is packed: elsewhere they would point at nothing. */
async function linkEntry(walk: Walk): Promise<Entry> {
  const link = await readlink(walk.dir);
  const aim = normalize(link.startsWith("/") ? link : `${dirname(walk.dir)}/${link}`);
  const inside = !link.startsWith("/") && (aim === walk.top || aim.startsWith(`${walk.top}/`));
  if (inside) return { path: walk.target, mode: 0o777, type: "symlink", size: 0, link };
  throw atLine(
    walk.spec,
    walk.place.at,
    "MANIFEST_PATH",
    `the link ${walk.dir} -> ${link} leads out of the packed folder`,
  );
}

type Code = "MANIFEST_FILE_MISSING" | "MANIFEST_PATH" | "MANIFEST_DEPENDENCY";

/** An error at a line of the yaml, shown with the line. */
export function atLine(spec: RuntimeSpec, at: At, code: Code, message: string): SwError {
  const line = spec.text.split(/\r?\n/)[at.line - 1] ?? "";
  const number = String(at.line);
  const caret = `${" ".repeat(number.length)} | ${" ".repeat(Math.max(0, at.column - 1))}^`;
  const label = spec.label ?? spec.file.slice(spec.file.lastIndexOf("/") + 1);
  return new SwError(code, `${label}:${at.line}:${at.column}: ${message}\n  ${number} | ${line}\n  ${caret}`, {
    hint: "Paths are relative to the folder of the runtime.yaml.",
  });
}
