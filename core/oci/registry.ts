/**
 * A registry as the rest of core sees it: manifests and blobs by name. Speaks the OCI distribution protocol, 1.0 and
 * the older docker one. Knows nothing of Python or runtimes. Uploads: push-blob.ts; downloads to files: pull-blob.ts.
 * Tests: test/e2e/dockerize.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import type { RawManifest } from "#core/oci/manifest.ts";
import { ACCEPT_MANIFEST, OCI_MANIFEST } from "#core/oci/media-types.ts";
import { DOCKER_HUB } from "#core/oci/reference.ts";
import { type Connection, isUntrusted, noAnswer, refusal, send } from "#core/oci/request.ts";
import { Tokens } from "#core/oci/tokens.ts";
import { USER_AGENT } from "#core/platform/build-info.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import { isLoopback, networkOptions } from "#core/platform/network.ts";

export type Registry = Connection;

export interface RegistryOptions {
  /** Hosts that may be spoken to without TLS; loopback always may. */
  readonly insecure?: readonly string[];
}

/** A connection to `host`; nothing is sent yet, except for hosts that may be plain: these are asked how they speak. */
export async function openRegistry(ctx: Ctx, host: string, options: RegistryOptions = {}): Promise<Registry> {
  const address = host === DOCKER_HUB ? "registry-1.docker.io" : host;
  const mayBePlain = isLoopback(hostname(host)) || (options.insecure ?? []).includes(host);
  const scheme = mayBePlain ? await schemeOf(ctx, address) : "https";
  return { ctx, host, base: `${scheme}://${address}`, tokens: new Tokens(host, ctx, scheme) };
}

const hostname = (host: string) => new URL(`http://${host}`).hostname;

/** Plain http first: a TLS server answers it with an error of its own or not at all. */
async function schemeOf(ctx: Ctx, address: string): Promise<"http" | "https"> {
  const key = `registry-scheme:${address}`;
  const known = ctx.memo.get<"http" | "https">(key);
  if (known) return known;
  const plain = await speaks(ctx, new URL(`http://${address}/v2/`));
  const scheme = plain || !(await speaks(ctx, new URL(`https://${address}/v2/`))) ? "http" : "https";
  if (plain) ctx.memo.set(key, scheme);
  return scheme;
}

/** A server whose certificate is not trusted speaks, and the first request says what is wrong. */
async function speaks(ctx: Ctx, url: URL): Promise<boolean> {
  const network = await networkOptions(ctx, url);
  try {
    const response = await fetch(url, {
      ...network,
      method: "GET",
      headers: { "user-agent": USER_AGENT },
      redirect: "manual",
      signal: AbortSignal.any([ctx.signal, AbortSignal.timeout(10_000)]),
    });
    await response.body?.cancel();
    return response.status !== 400;
  } catch (e) {
    return e instanceof Error && isUntrusted(e);
  }
}

export const pullScope = (repository: string): string => `repository:${repository}:pull`;
export const pushScope = (repository: string): string => `repository:${repository}:pull,push`;

/**
 * The manifest or index under a tag or digest, checked against its digest; undefined when the registry has none.
 * @throws SwError TRANSFER_FAILED, AUTH_FAILED, HASH_MISMATCH
 */
export async function getManifest(
  registry: Registry,
  repository: string,
  key: string,
): Promise<RawManifest | undefined> {
  const path = `/v2/${repository}/manifests/${key}`;
  const headers = { accept: ACCEPT_MANIFEST };
  const response = await send(registry, { method: "GET", path, scope: pullScope(repository), headers });
  if (response.status === 404) return undefined;
  if (!response.ok) throw await refusal(registry, response, `${repository}:${key}`);
  const bytes = await bodyBytes(registry, response);
  const digest = `sha256:${sha256Hex(bytes)}`;
  if (key.startsWith("sha256:") && key !== digest) {
    throw new SwError("HASH_MISMATCH", `${registry.host} sent another manifest than ${repository}@${key}`);
  }
  const mediaType = response.headers.get("content-type")?.split(";")[0]?.trim() ?? mediaTypeIn(bytes);
  return { mediaType, digest, bytes };
}

async function bodyBytes(registry: Registry, response: Response): Promise<Uint8Array> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (e) {
    throw e instanceof Error ? noAnswer(registry, e) : e;
  }
}

const mediaTypeIn = (bytes: Uint8Array) =>
  /"mediaType"\s*:\s*"([^"]+)"/.exec(new TextDecoder().decode(bytes))?.[1] ?? OCI_MANIFEST;

/** The digest under a tag without its content; undefined when there is none. */
export async function headManifest(registry: Registry, repository: string, key: string): Promise<string | undefined> {
  const path = `/v2/${repository}/manifests/${key}`;
  const headers = { accept: ACCEPT_MANIFEST };
  const response = await send(registry, { method: "HEAD", path, scope: pullScope(repository), headers });
  if (response.status === 404) return undefined;
  if (!response.ok) throw await refusal(registry, response, `${repository}:${key}`);
  return response.headers.get("docker-content-digest") ?? (await getManifest(registry, repository, key))?.digest;
}

/** Publishes a manifest under a tag or its own digest; everything it names must be there already. */
export async function putManifest(
  registry: Registry,
  { repository, key }: { repository: string; key: string },
  raw: RawManifest,
): Promise<void> {
  const response = await send(registry, {
    method: "PUT",
    path: `/v2/${repository}/manifests/${key}`,
    scope: pushScope(repository),
    headers: { "content-type": raw.mediaType },
    body: raw.bytes,
    repeatable: true,
  });
  if (!response.ok) throw await refusal(registry, response, `pushing ${repository}:${key}`);
  await response.body?.cancel();
}

/** Is the blob there? `scope` defaults to reading; give pushScope when a push follows, so that one token does for both. */
export async function hasBlob(
  registry: Registry,
  { repository, digest }: { repository: string; digest: string },
  scope = pullScope(repository),
): Promise<boolean> {
  const response = await send(registry, { method: "HEAD", path: `/v2/${repository}/blobs/${digest}`, scope });
  if (response.status === 404) return false;
  if (response.ok) return true;
  throw await refusal(registry, response, `${repository}@${digest}`);
}

/** The tags of a repository; empty when there is none. */
export async function listTags(registry: Registry, repository: string): Promise<string[]> {
  const path = `/v2/${repository}/tags/list`;
  const response = await send(registry, { method: "GET", path, scope: pullScope(repository) });
  if (response.status === 404) return [];
  if (!response.ok) throw await refusal(registry, response, `tags of ${repository}`);
  const body: unknown = await response.json();
  const tags = typeof body === "object" && body !== null && "tags" in body ? body.tags : [];
  return Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === "string") : [];
}
