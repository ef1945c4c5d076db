/** `runtime list` and `info` of a registry's repository: its tags, and what one of them names. Tests: test/e2e/copy-oci.test.ts */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { parseManifest } from "#core/manifest/parse-manifest.ts";
import { listTags, openRegistry } from "#core/oci/registry.ts";
import { nameFits, parseFilters } from "#core/ops/list-filter.ts";
import type { ServerListParams, ServerRow } from "#core/ops/server-rows.ts";
import { inParallel } from "#core/transfer/in-parallel.ts";
import { artifactIfAny, ociText, readText } from "#core/transfer/oci-read.ts";
import type { OciUri } from "#core/uri/oci-uri.ts";

const AT_ONCE = 8;

/** One row a version, with its tags; what is no runtime in the repository is left out. */
export async function listRegistryRuntimes(ctx: Ctx, uri: OciUri, params: ServerListParams): Promise<ServerRow[]> {
  const filter = parseFilters(params.filters);
  const registry = await openRegistry(ctx, uri.host);
  const rows = new Map<string, ServerRow>();
  await inParallel(await listTags(registry, uri.repository), AT_ONCE, async (tag) => {
    const found = await runtimeIfAny(registry, uri.repository, tag);
    if (found === undefined || !nameFits(filter, found.name)) return;
    const row = rows.get(found.version) ?? newRow(uri, found);
    if (tag !== found.version) row.tags.push(tag);
    rows.set(found.version, row);
  });
  for (const row of rows.values())
    row.tags.sort((a, b) => Number(b === "latest") - Number(a === "latest") || (a < b ? -1 : 1));
  const sorted = [...rows.values()].sort((a, b) => ((a.version ?? "") < (b.version ?? "") ? -1 : 1));
  const shown = filter.latest ? sorted.filter((row) => row.tags.includes("latest")) : sorted;
  return shown.slice((params.page - 1) * params.size, params.page * params.size);
}

async function runtimeIfAny(registry: Awaited<ReturnType<typeof openRegistry>>, repository: string, tag: string) {
  try {
    return (await artifactIfAny(registry, repository, tag))?.artifact;
  } catch (e) {
    if (e instanceof SwError && e.code === "IMAGE_FAILED") return undefined;
    throw e;
  }
}

const newRow = (uri: OciUri, { name, version }: { name: string; version: string }): ServerRow => ({
  ...{ name, project: `oci://${uri.host}/${uri.repository}`, version, tags: [] },
  ...{ owner: "", created_at: null, removed: false },
});

/** @throws VERSION_NOT_FOUND, IMAGE_FAILED */
export async function registryInfo(ctx: Ctx, uri: OciUri) {
  const registry = await openRegistry(ctx, uri.host);
  const found = await artifactIfAny(registry, uri.repository, uri.digest ?? uri.tag ?? "latest");
  if (found === undefined) {
    throw new SwError("VERSION_NOT_FOUND", `${uri.host} has no ${ociText({ ...uri, tag: uri.tag ?? "latest" })}`);
  }
  const { artifact, digest } = found;
  const text = await readText(registry, uri.repository, artifact.manifest);
  const manifest = parseManifest(text);
  return {
    name: artifact.name,
    project: `oci://${uri.host}/${uri.repository}`,
    version: artifact.version,
    uri: ociText({ ...uri, tag: undefined, digest }),
    tags: uri.tag === undefined ? [] : [uri.tag],
    created_at: null,
    python: manifest.environment.python,
    mode: manifest.environment.mode,
    manifest,
    manifest_text: text,
  };
}
