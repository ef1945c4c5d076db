/**
 * `gc`: removed versions lose their names, then content that nothing holds goes, then layers of images and environments
 * that nobody needs.
 * The mark is read under the sweep's lock; a first pass without it does the reading. Tests: test/e2e/gc.test.ts
 */
import { readConfig } from "#core/config/config-file.ts";
import type { Ctx } from "#core/context.ts";
import { type LayerRules, sweepLayers } from "#core/docker/sweep-layers.ts";
import { dropEntries } from "#core/env/entries-folder.ts";
import { type SweptEnv, sweepEnvs } from "#core/env/gc-envs.ts";
import { parseDuration } from "#core/ops/duration.ts";
import { sweeping } from "#core/store/gc-lock.ts";
import { type Contents, mark } from "#core/store/gc-mark.ts";
import { type Swept, sweepStore } from "#core/store/gc-sweep.ts";
import { dropFolder, dropRefsFolder, listRemovedProjects, updateProject } from "#core/store/projects.ts";
import type { RuntimeRef, VersionRef } from "#core/store/ref.ts";
import { listRefProjects, listRefs, updateRef } from "#core/store/refs.ts";
import { erase } from "#core/store/version-life.ts";

export interface GcParams {
  dry_run: boolean;
  /** Leaves what was removed or used within that time. */
  older_than?: string;
  /** Also environments that runtimes have, by last use and size limit. */
  envs: boolean;
}

export interface GcResult {
  dry_run: boolean;
  freed_bytes: number;
  versions: { name: string; project: string; version: string; foreign: boolean }[];
  blobs: Swept;
  leftovers: Swept;
  /** Of images, in the cache. */
  layers: Swept;
  environments: SweptEnv[];
  /** Environments that would have gone, and why they stay. */
  kept: SweptEnv[];
}

// Without --older-than: whoever came back within a month would wait for the environment or the layer again.
const UNUSED_MS = 30 * 86_400_000;

export async function collectGarbage(ctx: Ctx, params: GcParams): Promise<GcResult> {
  const age = params.older_than === undefined ? undefined : parseDuration(params.older_than);
  const cutoff = ctx.clock.now() - (age ?? 0);
  const contents: Contents = new Map();
  ctx.report.progress({ step: "mark", text: "Looking for what is in use" });
  await mark(ctx, await namedVersions(ctx), contents);
  const { limits } = (await readConfig(ctx)).swcli;
  const unusedBefore = ctx.clock.now() - (age ?? UNUSED_MS);
  const layers: LayerRules = { unusedBefore, limit: limits.imagesSize, dryRun: params.dry_run };
  const store = await sweeping(ctx, () => sweepNames(ctx, { cutoff, layers, dryRun: params.dry_run, contents }));
  ctx.report.progress({ step: "environments", text: "Looking at environments" });
  const { swept, kept } = await sweepEnvs(ctx, {
    dryRun: params.dry_run,
    live: store.live,
    unneededBefore: cutoff,
    unusedBefore: params.envs ? unusedBefore : undefined,
    limit: params.envs ? limits.envsSize : undefined,
  });
  // Some are of names that are no more, or were typed once.
  if (!params.dry_run) await dropEntries(ctx);
  return {
    dry_run: params.dry_run,
    freed_bytes: sumBytes([store.trees, store.blobs, store.leftovers, store.layers, ...swept]),
    versions: store.versions,
    blobs: store.blobs,
    leftovers: store.leftovers,
    layers: store.layers,
    environments: swept,
    kept,
  };
}

const sumBytes = (parts: readonly { bytes: number }[]) => parts.reduce((total, { bytes }) => total + bytes, 0);

async function namedVersions(ctx: Ctx): Promise<Set<string>> {
  const refs = await allRefs(ctx);
  return new Set(refs.flatMap((ref) => ref.versions.map(({ id }) => id)));
}

async function allRefs(ctx: Ctx): Promise<RuntimeRef[]> {
  const projects = await listRefProjects(ctx);
  return (await Promise.all(projects.map((project) => listRefs(ctx, project)))).flat();
}

interface Sweep {
  cutoff: number;
  layers: LayerRules;
  dryRun: boolean;
  contents: Contents;
}

async function sweepNames(ctx: Ctx, gc: Sweep) {
  const versions: GcResult["versions"] = [];
  const left = new Set<string>();
  const live = new Set<string>();
  const projects = await removedProjects(ctx, gc.cutoff);
  for (const ref of await allRefs(ctx)) {
    const after = await eraseRemoved(ctx, ref, { ...gc, all: projects.over.has(ref.project) });
    versions.push(...after.gone.map((version) => rowOf(ref, version)));
    for (const { id, removed_at } of after.left) {
      left.add(id);
      if (removed_at === undefined && !projects.removed.has(ref.project)) live.add(id);
    }
  }
  if (!gc.dryRun) for (const name of projects.over) await forgetProject(ctx, name);
  const marks = await mark(ctx, left, gc.contents);
  const layers = await sweepLayers(ctx, marks, gc.layers);
  return { ...(await sweepStore(ctx, marks, gc.dryRun)), layers, versions, live };
}

/** All removed ones, and those whose time is over. Nobody recovers them meanwhile without the lock of refs. */
async function removedProjects(ctx: Ctx, cutoff: number): Promise<{ removed: Set<string>; over: Set<string> }> {
  const records = await listRemovedProjects(ctx);
  const over = records.filter(({ removed_at: at }) => at !== undefined && at <= cutoff);
  return { removed: new Set(records.map(({ name }) => name)), over: new Set(over.map(({ name }) => name)) };
}

/** What the Python client has in its folder stays there, but is not shown again. */
async function forgetProject(ctx: Ctx, name: string): Promise<void> {
  const empty = (await dropFolder(ctx, name)) && (await dropRefsFolder(ctx, name));
  await updateProject(ctx, name, (record) => (empty || !record ? undefined : { ...record, collected: true }));
}

interface Erasing {
  cutoff: number;
  dryRun: boolean;
  /** The whole project goes. */
  all: boolean;
}

/** Decided again under the lock of refs: somebody may have recovered them since they were listed. */
async function eraseRemoved(ctx: Ctx, ref: RuntimeRef, { cutoff, dryRun, all }: Erasing) {
  const isOver = ({ removed_at: at }: VersionRef) => all || (at !== undefined && at <= cutoff);
  const split = (versions: readonly VersionRef[]) => ({
    gone: versions.filter(isOver),
    left: versions.filter((version) => !isOver(version)),
  });
  if (dryRun || !ref.versions.some(isOver)) return split(ref.versions);
  return await updateRef(ctx, ref, (now) => {
    const after = split(now.versions);
    erase(now, after.gone);
    return after;
  });
}

const rowOf = ({ name, project }: RuntimeRef, { id, adopted }: VersionRef) => ({
  name,
  project,
  version: id,
  foreign: adopted ?? false,
});
