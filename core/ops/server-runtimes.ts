/**
 * `runtime list`, `history` and `info` of a server. One row a runtime in the list: that is all a server tells.
 * Tests: test/e2e/server-runtimes.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import type { PackageManifest } from "#core/manifest/package-manifest.ts";
import { parseManifest } from "#core/manifest/parse-manifest.ts";
import { nameFits, ownerFits, parseFilters } from "#core/ops/list-filter.ts";
import { listRegistryRuntimes, registryInfo } from "#core/ops/registry-runtimes.ts";
import type { Paging, ServerListParams, ServerRow } from "#core/ops/server-rows.ts";
import { serverPlace, serverProjectPlace } from "#core/ops/server-target.ts";
import { findServerVersion, runtimesPage, versionsPage } from "#core/transfer/server-runtimes.ts";
import { serverTags } from "#core/transfer/server-tags.ts";
import { listTrash } from "#core/transfer/server-trash.ts";
import type { ServerRuntimeRow, ServerVersion } from "#core/transfer/server-values.ts";
import { parseOciUri } from "#core/uri/oci-uri.ts";
import { formatUri } from "#core/uri/uri.ts";

const ASKED_AT_ONCE = 100;

/** @throws PROJECT_NOT_FOUND, AUTH_FAILED, USAGE */
export async function listServerRuntimes(ctx: Ctx, params: ServerListParams): Promise<ServerRow[]> {
  const registry = parseOciUri(params.project ?? "");
  if (registry) return await listRegistryRuntimes(ctx, registry, params);
  const filter = parseFilters(params.filters);
  const { place, uri } = await serverProjectPlace(ctx, params.project);
  const wanted = params.page * params.size;
  const rows: ServerRow[] = [];
  // The server matches names anywhere: what it lists is filtered again here, and pages are counted here.
  const name = filter.names.length === 1 ? filter.names[0] : undefined;
  for (let page = 1, seen = 0; rows.length < wanted; page++) {
    const { list, total } = await runtimesPage(ctx, place, { page, size: ASKED_AT_ONCE, name });
    const fitting = list.filter((row) => nameFits(filter, row.name) && ownerFits(filter, row.owner?.name ?? ""));
    rows.push(...fitting.map((row) => toRow(uri.project, row)));
    seen += list.length;
    if (list.length === 0 || seen >= total) break;
  }
  if (params.show_removed && rows.length < wanted) {
    const removed = (await listTrash(ctx, place)).filter((entry) => nameFits(filter, entry.name));
    rows.push(...removed.map((entry) => removedRow(uri.project, entry)));
  }
  return rows.slice(wanted - params.size, wanted);
}

const toRow = (project: string, { name, owner, version, createdTime }: ServerRuntimeRow): ServerRow => ({
  name,
  project,
  version: version?.name ?? null,
  tags: version ? ["latest", version.alias ?? "", ...version.tags].filter((tag) => tag !== "") : [],
  owner: owner?.name ?? "",
  created_at: timeOf(version?.createdTime ?? createdTime),
  removed: false,
});

const removedRow = (project: string, entry: { name: string; trashedTime?: number | null }): ServerRow => ({
  ...{ name: entry.name, project, version: null, tags: [], owner: "" },
  ...{ created_at: timeOf(entry.trashedTime), removed: true },
});

const timeOf = (ms: number | null | undefined): string => new Date(ms ?? 0).toISOString();

/** Newest first. @throws RUNTIME_NOT_FOUND */
export async function serverHistory(ctx: Ctx, params: { uri: string } & Paging): Promise<ServerRow[]> {
  const { place, uri } = await serverPlace(ctx, params.uri);
  const { list } = await versionsPage(ctx, place, params);
  return list.map((version) => ({
    name: uri.name,
    project: uri.project,
    version: version.name,
    tags: tagsOf(version),
    owner: "",
    created_at: timeOf(version.createdTime),
    removed: false,
  }));
}

const tagsOf = ({ latest, alias, tags }: ServerVersion): string[] =>
  [latest ? "latest" : "", alias ?? "", ...tags].filter((tag) => tag !== "");

/** @throws RUNTIME_NOT_FOUND, VERSION_NOT_FOUND, AMBIGUOUS */
export async function serverInfo(ctx: Ctx, params: { uri: string }) {
  const registry = parseOciUri(params.uri);
  if (registry) return await registryInfo(ctx, registry);
  const { place, uri } = await serverPlace(ctx, params.uri);
  const info = await findServerVersion(ctx, place, uri.version);
  const version = info.versionName;
  const manifest = manifestIfSound(info.versionMeta ?? "");
  return {
    name: info.name,
    project: uri.project,
    version,
    uri: formatUri({ ...uri, name: info.name, version }),
    tags: [info.versionAlias ?? "", ...(await serverTags(ctx, place, version))].filter((tag) => tag !== ""),
    created_at: timeOf(info.createdTime),
    python: manifest?.environment.python ?? "",
    mode: manifest?.environment.mode ?? "",
    manifest: manifest ?? null,
    manifest_text: info.versionMeta ?? "",
  };
}

/** Shown where it can be read; the server takes any text. */
function manifestIfSound(text: string): PackageManifest | undefined {
  try {
    return parseManifest(text);
  } catch (e) {
    if (!(e instanceof SwError)) throw e;
    return undefined;
  }
}
