/**
 * What running operations found in the store and rely on, although no name may hold it: notes `leases/kept/<digest or
 * version id>`, empty files whose time counts. A note is good while an operation lives that began before it.
 * Knows nothing of what the digests mean. Tests: test/unit/core/store/gc.test.ts
 */
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";
import { namesIn } from "#core/platform/folder.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";

const keptDir = (ctx: Ctx): string => `${ctx.paths.leases}/kept`;

/** To be called under `unswept`, beside the look that found it. Without an operation nobody would honour the note. */
export function noteKept(ctx: Ctx, name: string): void {
  if (ctx.lease === undefined) return;
  const path = `${keptDir(ctx)}/${name}`;
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    mkdirSync(keptDir(ctx), { recursive: true });
    writeFileSync(path, "");
  }
}

/** The names noted since `since` (Unix ms). */
export async function readKept(ctx: Ctx, since: number): Promise<Set<string>> {
  const notes = await listNotes(ctx);
  return new Set(notes.filter(({ mtimeMs }) => mtimeMs >= since).map(({ name }) => name));
}

/** Drops the notes that no operation can be relying on. */
export async function sweepKept(ctx: Ctx, since: number): Promise<void> {
  const old = (await listNotes(ctx)).filter(({ mtimeMs }) => mtimeMs < since);
  await Promise.all(old.map(({ name }) => removeFile(`${keptDir(ctx)}/${name}`)));
}

async function listNotes(ctx: Ctx): Promise<{ name: string; mtimeMs: number }[]> {
  const names = await namesIn(keptDir(ctx));
  return await Promise.all(
    names.map(async (name) => ({ name, mtimeMs: (await stat(`${keptDir(ctx)}/${name}`)).mtimeMs })),
  );
}
