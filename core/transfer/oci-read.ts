/** Small documents of a runtime in a registry: by tag or digest, checked by their digests. Tests: test/e2e/copy-oci.test.ts */
import { SwError } from "#core/errors.ts";
import type { Descriptor } from "#core/oci/manifest.ts";
import { streamBlob } from "#core/oci/pull-blob.ts";
import { getManifest, type Registry } from "#core/oci/registry.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import { release } from "#core/platform/piece-loan.ts";
import { type Artifact, decodeArtifact } from "#core/transfer/oci-artifact.ts";
import type { OciUri } from "#core/uri/oci-uri.ts";

// They are held in memory, and a registry is not to be trusted with ours.
const MAX_DOCUMENT = 64 * 1024 * 1024;

/** @throws SwError IMAGE_FAILED for what is no runtime */
export async function artifactIfAny(
  registry: Registry,
  repository: string,
  key: string,
): Promise<{ artifact: Artifact; digest: string } | undefined> {
  const raw = await getManifest(registry, repository, key);
  if (raw === undefined) return undefined;
  const what = `${registry.host}/${repository}:${key}`;
  return { artifact: decodeArtifact(raw, what), digest: raw.digest };
}

export async function readText(registry: Registry, repository: string, descriptor: Descriptor): Promise<string> {
  return new TextDecoder().decode(await readDocument(registry, repository, descriptor));
}

/** @throws SwError HASH_MISMATCH */
export async function readDocument(
  registry: Registry,
  repository: string,
  { digest, size }: Descriptor,
): Promise<Uint8Array> {
  if (size > MAX_DOCUMENT) throw new SwError("IMAGE_FAILED", `${repository}@${digest} is too large for a document`);
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const chunk of streamBlob(registry, { repository, digest, size })) {
    // More than was promised is as wrong as less.
    if (at + chunk.length <= size) bytes.set(chunk, at);
    at += chunk.length;
    release(chunk);
  }
  if (at === size && `sha256:${sha256Hex(bytes)}` === digest) return bytes;
  throw new SwError("HASH_MISMATCH", `${registry.host} sent other bytes than ${repository}@${digest}`);
}

/** The full form. */
export const ociText = ({ host, repository, tag, digest }: OciUri): string =>
  `oci://${host}/${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
