/** `runtime list` and `runtime history`: rows of versions, newest first. Tests: test/e2e/list.test.ts */
import type { Ctx } from "#core/context.ts";
import { readyEnv } from "#core/env/pointer.ts";
import { localProject, localTarget } from "#core/ops/target.ts";
import { listRefs, liveVersions, type RuntimeRef, tagsOf, type VersionRef } from "#core/store/refs.ts";
import { requireRef } from "#core/store/resolve.ts";

export interface VersionRow {
  name: string;
  project: string;
  version: string;
  tags: string[];
  /** Bytes. */
  size: number;
  /** ISO 8601. */
  created_at: string;
  removed: boolean;
  env: "ready" | "preparing" | "none";
}

export async function listRuntimes(ctx: Ctx, params: { project?: string }): Promise<VersionRow[]> {
  const project = await localProject(ctx, params.project);
  const refs = await listRefs(ctx, project);
  const rows = refs.flatMap((ref) => liveVersions(ref).map((version) => ({ ref, version })));
  return await toRows(ctx, rows);
}

export async function runtimeHistory(ctx: Ctx, params: { uri: string }): Promise<VersionRow[]> {
  const ref = await requireRef(ctx, await localTarget(ctx, params.uri));
  return await toRows(
    ctx,
    liveVersions(ref).map((version) => ({ ref, version })),
  );
}

async function toRows(ctx: Ctx, found: { ref: RuntimeRef; version: VersionRef }[]): Promise<VersionRow[]> {
  const newestFirst = found.sort(
    (a, b) => b.version.added_at - a.version.added_at || (a.ref.name < b.ref.name ? -1 : 1),
  );
  return await Promise.all(newestFirst.map(({ ref, version }) => toRow(ctx, ref, version)));
}

async function toRow(ctx: Ctx, ref: RuntimeRef, version: VersionRef): Promise<VersionRow> {
  return {
    name: ref.name,
    project: ref.project,
    version: version.id,
    tags: tagsOf(ref, version.id),
    size: version.size,
    created_at: new Date(version.created_at).toISOString(),
    removed: version.removed_at !== undefined,
    env: await envState(ctx, version.id),
  };
}

async function envState(ctx: Ctx, id: string): Promise<VersionRow["env"]> {
  if (await readyEnv(ctx, id)) return "ready";
  return ctx.flights.keys.some((key) => key.startsWith(`version:${id}:`)) ? "preparing" : "none";
}
