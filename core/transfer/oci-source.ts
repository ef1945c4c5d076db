/**
 * A registry as the source of a copy: contents that the store lacks are fetched, each resumed where it broke, also by a
 * later command, and checked. Tests: test/e2e/copy-oci.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { openRegistry } from "#core/oci/registry.ts";
import { packageStream } from "#core/ops/package-stream.ts";
import { isBuiltinTag } from "#core/store/ref.ts";
import { takeTree } from "#core/store/take-package.ts";
import type { Version } from "#core/store/versions.ts";
import { canonicalTree } from "#core/swrt/package-tree.ts";
import type { Source } from "#core/transfer/ends.ts";
import { type Artifact, decodeConfig } from "#core/transfer/oci-artifact.ts";
import { type FetchPlace, fetchContents } from "#core/transfer/oci-fetch.ts";
import { artifactIfAny, ociText, readDocument, readText } from "#core/transfer/oci-read.ts";
import { isName } from "#core/uri/names.ts";
import type { OciUri } from "#core/uri/oci-uri.ts";

/** @throws VERSION_NOT_FOUND, IMAGE_FAILED for what is no runtime, AUTH_FAILED */
export async function ociSource(ctx: Ctx, uri: OciUri): Promise<Source> {
  const registry = await openRegistry(ctx, uri.host);
  const found = await artifactIfAny(registry, uri.repository, uri.digest ?? uri.tag ?? "latest");
  if (found === undefined) {
    throw new SwError("VERSION_NOT_FOUND", `${uri.host} has no ${ociText({ ...uri, tag: uri.tag ?? "latest" })}`, {
      hint: `\`swcli runtime list --project oci://${uri.host}/${uri.repository}\` shows its tags.`,
    });
  }
  const { artifact, digest } = found;
  const manifestText = await readText(registry, uri.repository, artifact.manifest);
  const store = async () => await fetchRuntime({ ctx, registry, repository: uri.repository }, artifact, manifestText);
  const full = ociText({ ...uri, tag: undefined, digest });
  return {
    uri: full,
    origin: full,
    name: isName(artifact.name) ? artifact.name : undefined,
    version: artifact.version,
    tags: uri.tag === undefined || isBuiltinTag(uri.tag) || uri.tag === artifact.version ? [] : [uri.tag],
    manifestText,
    registry: { host: uri.host, repository: uri.repository },
    store,
    bytes: async () => {
      const stream = await packageStream(ctx, await store());
      return { size: stream.size, trusted: true, open: () => stream.chunks() };
    },
  };
}

async function fetchRuntime(place: FetchPlace, artifact: Artifact, manifestText: string): Promise<Version> {
  const { ctx, registry, repository } = place;
  const what = `${registry.host}/${repository}`;
  const config = decodeConfig(await readDocument(registry, repository, artifact.config), what);
  await fetchContents(place, artifact, config);
  const content = { manifestText, entries: canonicalTree(config.entries) };
  return (await takeTree(ctx, content, artifact.version)).version;
}
