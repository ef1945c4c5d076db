/**
 * Pointers: which environment a version has on this machine, so that a warm activation need not compute the key.
 * A cache: checked against the marker at each use. Tests: test/unit/core/env/pointer.test.ts, test/e2e/rot.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { fileStamp, isAlive, type Marker, markerPath, readMarker } from "#core/env/marker.ts";
import { openState } from "#core/store/state.ts";

interface Known {
  marker: Marker;
  /** Stamp of the marker's file: a newer marker means another prefix. */
  stamp: string;
}

/** The ready environment of a version, from memory where its marker has not changed; undefined when there is none. */
export async function readyEnv(ctx: Ctx, versionId: string): Promise<Marker | undefined> {
  const known = ctx.memo.get<Known>(`pointer:${versionId}`);
  if (known && fileStamp(markerPath(ctx, known.marker.key)) === known.stamp && isAlive(known.marker))
    return known.marker;
  return await loadPointer(ctx, versionId);
}

async function loadPointer(ctx: Ctx, versionId: string): Promise<Marker | undefined> {
  const key = await openState(ctx).getItem(`pointers:${versionId}`);
  if (typeof key !== "string" || !/^[0-9a-f]{32}$/.test(key)) return undefined;
  const stamp = fileStamp(markerPath(ctx, key));
  const marker = await readMarker(ctx, key);
  if (marker) ctx.memo.set(`pointer:${versionId}`, { marker, stamp });
  return marker;
}

export async function writePointer(ctx: Ctx, versionId: string, key: string): Promise<void> {
  ctx.memo.delete(`pointer:${versionId}`);
  await openState(ctx).setItem(`pointers:${versionId}`, key);
}
