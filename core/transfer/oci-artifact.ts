/**
 * A runtime as an OCI artifact: which document names what. The manifest of the runtime, its locks and its runtime.yaml
 * are layers of their own, readable without the rest; so are contents of some size, in parts where they are large (an
 * upload that breaks off is lost to most registries, so none may be long); small ones are packed.
 * Described in docs/oci.md. Pure. Tests: test/unit/core/transfer/oci-artifact.test.ts
 */
import * as v from "valibot";
import { SwError } from "#core/errors.ts";
import {
  type Descriptor,
  encodeManifest,
  ImageManifestSchema,
  parseDocument,
  type RawManifest,
} from "#core/oci/manifest.ts";
import { OCI_MANIFEST } from "#core/oci/media-types.ts";

export const RUNTIME_ARTIFACT = "application/vnd.swcli.runtime.v1";
export const RUNTIME_CONFIG = "application/vnd.swcli.runtime.config.v1+json";
/** The text of `_manifest.yaml`. */
export const RUNTIME_MANIFEST = "application/vnd.swcli.runtime.manifest.v1+yaml";
/** One content of the tree, as it is. */
export const RUNTIME_BLOB = "application/vnd.swcli.runtime.blob.v1";
/** A part of one content; the config says which. */
export const RUNTIME_PART = "application/vnd.swcli.runtime.part.v1";
/** Several small contents, one after the other, as the config lists them. */
export const RUNTIME_PACK = "application/vnd.swcli.runtime.pack.v1";

const TITLE = "org.opencontainers.image.title";
export const NAME_NOTE = "swcli.runtime.name";
export const VERSION_NOTE = "swcli.runtime.version";

const CONFIG_FORMAT = 1;

// They become names of files in the store.
const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "not a digest"));
const Size = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const ConfigSchema = v.looseObject({
  format: v.number(),
  version: v.pipe(v.string(), v.regex(/^[a-z0-9]{1,80}$/, "not a version")),
  entries: v.array(
    v.object({
      path: v.string(),
      mode: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(0o7777)),
      type: v.picklist(["file", "dir", "symlink"]),
      size: Size,
      sha256: v.optional(Sha256),
      link: v.optional(v.string()),
    }),
  ),
  packs: v.array(v.object({ sha256: Sha256, blobs: v.array(v.tuple([Sha256, Size])) })),
  parts: v.array(v.object({ sha256: Sha256, part_size: v.pipe(Size, v.minValue(1)), parts: v.array(Sha256) })),
});

/** The tree, and what is in which pack. */
export type RuntimeConfig = v.InferOutput<typeof ConfigSchema>;
export type Pack = RuntimeConfig["packs"][number];
export type Parts = RuntimeConfig["parts"][number];

export const newConfig = (parts: Pick<RuntimeConfig, "version" | "entries" | "packs" | "parts">): RuntimeConfig => ({
  ...parts,
  format: CONFIG_FORMAT,
});

export interface Artifact {
  readonly name: string;
  readonly version: string;
  readonly config: Descriptor;
  readonly manifest: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** The document that a tag names. */
export function encodeArtifact(artifact: Artifact): RawManifest {
  const manifest = { ...artifact.manifest, annotations: { [TITLE]: "_manifest.yaml" } };
  return encodeManifest(OCI_MANIFEST, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: RUNTIME_ARTIFACT,
    config: artifact.config,
    layers: [manifest, ...artifact.layers],
    annotations: { [NAME_NOTE]: artifact.name, [VERSION_NOTE]: artifact.version },
  });
}

export const titled = (descriptor: Descriptor, title: string): Descriptor => ({
  ...descriptor,
  annotations: { [TITLE]: title },
});

/** @throws SwError IMAGE_FAILED for anything but a runtime of ours */
export function decodeArtifact(raw: RawManifest, what: string): Artifact {
  if (raw.mediaType !== OCI_MANIFEST) throw noRuntime(what);
  const document = parseDocument(ImageManifestSchema, raw.bytes, what);
  const manifest = document.layers.find(({ mediaType }) => mediaType === RUNTIME_MANIFEST);
  const { [NAME_NOTE]: name = "", [VERSION_NOTE]: version = "" } = document.annotations ?? {};
  if (document.config.mediaType !== RUNTIME_CONFIG || manifest === undefined) throw noRuntime(what);
  return { name, version, config: document.config, manifest, layers: document.layers };
}

const noRuntime = (what: string): SwError =>
  new SwError("IMAGE_FAILED", `${what} is something else than a runtime`, {
    hint: "A runtime comes there with `swcli runtime copy NAME oci://…`; images are for docker.",
  });

/** @throws SwError FORMAT_TOO_NEW, IMAGE_FAILED */
export function decodeConfig(bytes: Uint8Array, what: string): RuntimeConfig {
  const config = parseDocument(ConfigSchema, bytes, what);
  if (config.format <= CONFIG_FORMAT) return config;
  throw new SwError("FORMAT_TOO_NEW", `${what} was written by a newer swcli`, {
    hint: "Use that swcli or a newer one.",
  });
}
