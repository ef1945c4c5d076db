/** Fills a store with many runtimes, through the same functions as a build, without uv and without flushing by the way. */
import { mkdirSync } from "node:fs";
import { sha256Hex } from "#core/platform/digest.ts";
import { openRunDir } from "#core/platform/run-dir.ts";
import { silentReport } from "#core/report.ts";
import { putBlobBytes } from "#core/store/blobs.ts";
import { updateRef } from "#core/store/refs.ts";
import { putVersion, versionId } from "#core/store/versions.ts";
import { contextFor, createHost } from "#daemon/host.ts";
import type { Place } from "./place.ts";

export interface Population {
  readonly runtimes: number;
  readonly versions: number;
}

/** `runtime-0` … with versions v0 … each; every version has a file of its own and one that all share. */
export async function populate(place: Place, { runtimes, versions }: Population): Promise<void> {
  const root = place.env.SW_LOCAL_STORAGE ?? "";
  mkdirSync(root, { recursive: true });
  const run = await openRunDir(place.env, root);
  const host = createHost({ root, locks: run.locks, longLived: true, background() {} });
  const call = { signal: new AbortController().signal, report: silentReport };
  const ctx = contextFor(host, { cwd: root, env: { ...place.env } }, call);
  const shared = await putBlobBytes(ctx, "shared by all");
  const one = async (runtime: number): Promise<void> => {
    const ids: string[] = [];
    for (let version = 0; version < versions; version++) {
      const own = await putBlobBytes(ctx, `runtime ${runtime} version ${version}`);
      const entries = [
        { path: "runtime.yaml", mode: 0o644, type: "file" as const, size: own.size, sha256: own.sha256 },
        { path: "files/shared", mode: 0o644, type: "file" as const, size: shared.size, sha256: shared.sha256 },
      ];
      const id = versionId(entries, { runtime, version });
      const manifest = own.sha256;
      await putVersion(ctx, { id, created_at: 1_700_000_000_000 + version, manifest, size: 10_240, entries });
      ids.push(id);
    }
    await updateRef(ctx, { project: "self", name: `runtime-${runtime}` }, (ref) => {
      ref.seq = ids.length - 1;
      ref.versions = ids.map((id, i) => ({
        id,
        created_at: 1_700_000_000_000,
        added_at: 1_700_000_000_000 + i,
        size: 10_240,
      }));
      ref.tags = Object.fromEntries(ids.map((id, i) => [`v${i}`, id]));
      ref.tags.latest = ids.at(-1) ?? sha256Hex("");
    });
  };
  const queue = Array.from({ length: runtimes }, (_, i) => i);
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await one(next);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}
