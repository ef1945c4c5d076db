/**
 * Markers: `<envs>/<key>.json` says that an environment is whole and where. A prefix without one is never used.
 * Tests: test/unit/core/env/marker.test.ts, test/e2e/rot.test.ts
 */
import { statSync } from "node:fs";
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";
import { namesIn } from "#core/platform/folder.ts";
import { readTextIfAny, removeFile, writeFileAtomic } from "#core/platform/fs-atomic.ts";

const MarkerSchema = v.looseObject({
  format: v.number(),
  key: v.string(),
  /** Counts fresh starts under one key. */
  n: v.number(),
  prefix: v.string(),
  mode: v.picklist(["venv", "conda"]),
  python: v.object({ path: v.string(), version: v.string(), stamp: v.string() }),
  created_at: v.number(),
});

export type Marker = v.InferOutput<typeof MarkerSchema>;

export const MARKER_FORMAT = 1;

export const markerPath = (ctx: Ctx, key: string): string => `${ctx.paths.envs}/${key}.json`;
export const prefixPath = (ctx: Ctx, key: string, n: number): string => `${ctx.paths.envs}/${key}-${n}`;

/** The marker when the environment is whole and its Python is still the one it was made from. */
export async function readMarker(ctx: Ctx, key: string): Promise<Marker | undefined> {
  const text = await readTextIfAny(markerPath(ctx, key));
  const marker = text === undefined ? undefined : parseMarker(text);
  return marker && isAlive(marker) ? marker : undefined;
}

function parseMarker(text: string): Marker | undefined {
  try {
    const marker = v.parse(MarkerSchema, JSON.parse(text));
    return marker.format === MARKER_FORMAT ? marker : undefined;
  } catch {
    // A damaged marker is no marker: the environment is made again.
    return undefined;
  }
}

/** Five stats: the base interpreter as it was, the prefix's own link to it, and that without which nothing is found there. */
export function isAlive({ mode, prefix, python }: Marker): boolean {
  if (fileStamp(python.path) !== python.stamp || !exists(`${prefix}/bin/python`)) return false;
  if (mode === "conda") return exists(`${prefix}/conda-meta`);
  const [major, minor] = python.version.split(".");
  return exists(`${prefix}/pyvenv.cfg`) && exists(`${prefix}/lib/python${major}.${minor}/site-packages`);
}

/** Changes when an interpreter is upgraded or moved; "" when it is gone. */
export function fileStamp(path: string): string {
  try {
    const s = statSync(path);
    return `${s.size}:${s.mtimeMs}`;
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR") throw e;
    return "";
  }
}

const exists = (path: string) => fileStamp(path) !== "";

export async function writeMarker(ctx: Ctx, marker: Marker): Promise<void> {
  await writeFileAtomic(markerPath(ctx, marker.key), `${JSON.stringify(marker, null, 1)}\n`);
}

export const dropMarker = async (ctx: Ctx, key: string): Promise<void> => await removeFile(markerPath(ctx, key));

/** The number after every prefix of this key, whole or broken. */
export async function nextPrefixNumber(ctx: Ctx, key: string): Promise<number> {
  const names = await namesIn(ctx.paths.envs);
  const used = names.filter((name) => name.startsWith(`${key}-`)).map((name) => Number(name.slice(key.length + 1)));
  return Math.max(0, ...used.filter(Number.isInteger)) + 1;
}
