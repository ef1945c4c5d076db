/**
 * Manifests, indexes and image configs as data: parsed with what we don't know kept, written so that equal values give
 * equal bytes. Tests: test/unit/core/oci/manifest.test.ts
 */
import * as v from "valibot";
import { SwError } from "#core/errors.ts";
import { isIndexType } from "#core/oci/media-types.ts";
import { canonicalJson, sha256Hex } from "#core/platform/digest.ts";

const Digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, "not a sha256 digest"));

export const DescriptorSchema = v.looseObject({
  mediaType: v.string(),
  digest: Digest,
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  platform: v.optional(v.looseObject({ os: v.string(), architecture: v.string(), variant: v.optional(v.string()) })),
  annotations: v.nullish(v.record(v.string(), v.string())),
});

export const ImageManifestSchema = v.looseObject({
  schemaVersion: v.literal(2),
  mediaType: v.optional(v.string()),
  artifactType: v.optional(v.string()),
  config: DescriptorSchema,
  layers: v.array(DescriptorSchema),
  annotations: v.nullish(v.record(v.string(), v.string())),
});

export const ImageIndexSchema = v.looseObject({
  schemaVersion: v.literal(2),
  mediaType: v.optional(v.string()),
  manifests: v.array(DescriptorSchema),
});

const Texts = v.nullish(v.array(v.string()));

export const ImageConfigSchema = v.looseObject({
  architecture: v.string(),
  os: v.string(),
  variant: v.optional(v.string()),
  config: v.nullish(
    v.looseObject({
      Env: Texts,
      Cmd: Texts,
      Entrypoint: Texts,
      Labels: v.nullish(v.record(v.string(), v.string())),
      WorkingDir: v.nullish(v.string()),
      OnBuild: Texts,
    }),
    {},
  ),
  rootfs: v.looseObject({ type: v.string(), diff_ids: v.array(v.string()) }),
  history: v.nullish(v.array(v.looseObject({ empty_layer: v.optional(v.boolean()) })), []),
});

export type Descriptor = v.InferOutput<typeof DescriptorSchema>;
export type ImageManifest = v.InferOutput<typeof ImageManifestSchema>;
export type ImageIndex = v.InferOutput<typeof ImageIndexSchema>;
export type ImageConfig = v.InferOutput<typeof ImageConfigSchema>;

/** A manifest with the bytes that its digest is of. */
export interface RawManifest {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** Bytes and digest of a document that we make. */
export function encodeManifest(mediaType: string, document: unknown): RawManifest {
  const bytes = new TextEncoder().encode(canonicalJson(document));
  return { mediaType, digest: `sha256:${sha256Hex(bytes)}`, bytes };
}

export const descriptorOf = ({ mediaType, digest, bytes }: RawManifest): Descriptor => ({
  mediaType,
  digest,
  size: bytes.length,
});

export const isIndex = (raw: RawManifest): boolean => isIndexType(raw.mediaType);

/** @throws SwError IMAGE_FAILED when the document is not of that shape */
export function parseDocument<S extends v.GenericSchema>(schema: S, bytes: Uint8Array, what: string): v.InferOutput<S> {
  try {
    return v.parse(schema, JSON.parse(new TextDecoder().decode(bytes)));
  } catch (e) {
    const why = v.isValiError(e) ? `${v.getDotPath(e.issues[0]) ?? ""} ${e.issues[0].message}` : "no JSON";
    throw new SwError("IMAGE_FAILED", `${what} can't be read: ${why.trim()}`, { cause: e });
  }
}
