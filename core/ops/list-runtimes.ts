/** `runtime list` and `runtime history`: rows of versions, newest first. Tests: test/e2e/list.test.ts */
import { readConfig } from "#core/config/config-file.ts";
import { uriContext } from "#core/config/uri-context.ts";
import type { Ctx } from "#core/context.ts";
import { readyEnv } from "#core/env/pointer.ts";
import { pointedVersions } from "#core/env/pointer-index.ts";
import { SwError } from "#core/errors.ts";
import { type ListFilter, nameFits, ownerFits, parseFilters } from "#core/ops/list-filter.ts";
import { localProject, localTarget } from "#core/ops/target.ts";
import { notFound, projectExists } from "#core/store/projects.ts";
import { liveVersions, type RuntimeRef, tagsOf, type VersionRef } from "#core/store/ref.ts";
import { listRefs } from "#core/store/refs.ts";
import { requireRef } from "#core/store/resolve.ts";
import { newestFirst } from "#core/store/version-life.ts";
import { LOCAL } from "#core/uri/uri.ts";

export interface VersionRow {
  name: string;
  project: string;
  version: string;
  /** Of a removed version those that it gets back. */
  tags: string[];
  /** Bytes. */
  size: number;
  /** ISO 8601. */
  created_at: string;
  removed: boolean;
  env: "ready" | "preparing" | "none";
}

export interface ListParams {
  project?: string;
  filters?: string[];
  show_removed?: boolean;
}

interface Found {
  ref: RuntimeRef;
  version: VersionRef;
}

export async function listRuntimes(ctx: Ctx, params: ListParams): Promise<VersionRow[]> {
  const filter = parseFilters(params.filters ?? []);
  const project = await listedProject(ctx, params.project);
  if (!ownerFits(filter, await ownerIfAsked(ctx, filter))) return [];
  const all = await listRefs(ctx, project);
  // A project without runtimes is fine, one that is not there is a slip of the pen.
  if (all.length === 0 && !(await projectExists(ctx, project))) throw notFound(project);
  const refs = all.filter((ref) => nameFits(filter, ref.name));
  return await toRows(
    ctx,
    refs.flatMap((ref) => rowsOf(ref, filter, params.show_removed ?? false)),
  );
}

/** A list without a project is of the current instance, which may be a server. @throws ON_SERVER */
async function listedProject(ctx: Ctx, project: string | undefined): Promise<string> {
  const { currentInstance } = await uriContext(ctx);
  if (project || currentInstance === LOCAL) return await localProject(ctx, project);
  throw new SwError("ON_SERVER", `the current instance is ${currentInstance}`, {
    hint: "For local runtimes: --project local/project/self",
  });
}

/** The config is read for it, which a plain list need not. */
async function ownerIfAsked(ctx: Ctx, { owners }: ListFilter): Promise<string | undefined> {
  if (owners.length === 0) return undefined;
  return (await readConfig(ctx)).instances[LOCAL]?.userName;
}

function rowsOf(ref: RuntimeRef, { latest }: ListFilter, showRemoved: boolean): Found[] {
  const live = liveVersions(ref);
  const shown = showRemoved ? ref.versions : live;
  if (!latest) return shown.map((version) => ({ ref, version }));
  const newest = live.find(({ id }) => id === ref.tags.latest) ?? newestFirst(ref, shown)[0];
  return newest ? [{ ref, version: newest }] : [];
}

export async function runtimeHistory(ctx: Ctx, params: { uri: string }): Promise<VersionRow[]> {
  const ref = await requireRef(ctx, await localTarget(ctx, params.uri));
  return await toRows(
    ctx,
    liveVersions(ref).map((version) => ({ ref, version })),
  );
}

async function toRows(ctx: Ctx, found: Found[]): Promise<VersionRow[]> {
  const pointed = await pointedVersions(ctx);
  const preparing = preparingVersions(ctx);
  return await Promise.all(
    newestRows(found).map(async (row) => toRow(row, await envState(ctx, row.version.id, { pointed, preparing }))),
  );
}

/** Versions of one millisecond: names in order, and of one runtime the later first. */
function newestRows(found: Found[]): Found[] {
  const place = new Map(found.map((row, i) => [row, i]));
  const order = (a: Found, b: Found) =>
    a.ref === b.ref ? (place.get(b) ?? 0) - (place.get(a) ?? 0) : a.ref.name < b.ref.name ? -1 : 1;
  return [...found].sort((a, b) => b.version.added_at - a.version.added_at || order(a, b));
}

const toRow = ({ ref, version }: Found, env: VersionRow["env"]): VersionRow => ({
  name: ref.name,
  project: ref.project,
  version: version.id,
  tags: version.removed_tags?.filter((tag) => tag !== "latest") ?? tagsOf(ref, version.id),
  size: version.size,
  created_at: new Date(version.created_at).toISOString(),
  removed: version.removed_at !== undefined,
  env,
});

/** Flights of this process only: another one's work shows as "none" until it is done. */
const preparingVersions = (ctx: Ctx): Set<string> =>
  new Set(ctx.flights.keys.filter((key) => key.startsWith("version:")).map((key) => key.split(":")[1] ?? ""));

async function envState(
  ctx: Ctx,
  id: string,
  { pointed, preparing }: { pointed: ReadonlySet<string>; preparing: ReadonlySet<string> },
): Promise<VersionRow["env"]> {
  if (pointed.has(id) && (await readyEnv(ctx, id))) return "ready";
  return preparing.has(id) ? "preparing" : "none";
}
