/**
 * The base image as its registry has it: digest, layers and config per platform, and the interpreter inside.
 * What belongs to a digest is asked once and kept. Tests: test/e2e/dockerize.test.ts
 */
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { baseLibc, type Libc } from "#core/docker/base-libc.ts";
import { basePythons, mergeNames } from "#core/docker/base-python.ts";
import { openBlobFile } from "#core/docker/blob-file.ts";
import { DEFAULT_PATH } from "#core/docker/image-layout.ts";
import { cachedLayerPath, keepLayer, wholeLayer } from "#core/docker/layer-cache.ts";
import { layerNames, type Names, NamesSchema } from "#core/docker/layer-names.ts";
import type { ImagePlatform } from "#core/docker/platforms.ts";
import { hasRuntimeInside, runtimeInside } from "#core/docker/runtime-inside.ts";
import { SwError } from "#core/errors.ts";
import {
  type Descriptor,
  type ImageConfig,
  ImageConfigSchema,
  ImageIndexSchema,
  type ImageManifest,
  ImageManifestSchema,
  isIndex,
  parseDocument,
  type RawManifest,
} from "#core/oci/manifest.ts";
import { streamBlob } from "#core/oci/pull-blob.ts";
import { formatReference, manifestKey, parseReference, type Reference } from "#core/oci/reference.ts";
import { getManifest, openRegistry, type Registry } from "#core/oci/registry.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import { openState } from "#core/store/state.ts";

export interface BaseImage {
  readonly reference: Reference;
  readonly registry: Registry;
  /** Of what the reference names: an index or a manifest. */
  readonly digest: string;
  readonly raw: RawManifest;
}

export interface BasePlatform {
  readonly platform: ImagePlatform;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  /** PATH of the base. */
  readonly path: string;
}

export interface BaseInside {
  readonly libc: Libc;
  readonly pythons: readonly { minor: string; path: string }[];
}

/** Asks the registry what the name means now. @throws SwError IMAGE_FAILED when there is no such image */
export async function resolveBase(ctx: Ctx, name: string, insecure: readonly string[]): Promise<BaseImage> {
  const reference = parseReference(name);
  const registry = await openRegistry(ctx, reference.host, { insecure });
  const raw = await cachedManifest(registry, reference);
  if (raw) return { reference, registry, digest: raw.digest, raw };
  throw new SwError("IMAGE_FAILED", `the registry has no base image ${formatReference(reference)}`, {
    hint: "Name another one with --base-image, or environment.docker.image in the runtime.yaml.",
    detail: { base_image: name, missing: true },
  });
}

const StoredSchema = v.object({ mediaType: v.string(), base64: v.string() });

/** A digest never changes its meaning; a tag is asked each time. */
async function cachedManifest(registry: Registry, reference: Reference): Promise<RawManifest | undefined> {
  const key = manifestKey(reference);
  const item = `images:manifests:${key.replace(":", "-")}`;
  const state = openState(registry.ctx);
  if (reference.digest !== undefined) {
    const stored = v.safeParse(StoredSchema, await state.getItem(item));
    const bytes = stored.success ? Buffer.from(stored.output.base64, "base64") : undefined;
    if (stored.success && bytes && `sha256:${sha256Hex(bytes)}` === reference.digest)
      return { mediaType: stored.output.mediaType, digest: reference.digest, bytes };
  }
  const raw = await getManifest(registry, reference.repository, key);
  if (raw && reference.digest !== undefined) {
    await state.setItem(item, { mediaType: raw.mediaType, base64: Buffer.from(raw.bytes).toString("base64") });
  }
  return raw;
}

/** The part of a base for one platform. @throws SwError IMAGE_FAILED when it has none */
export async function basePlatform(base: BaseImage, platform: ImagePlatform): Promise<BasePlatform> {
  const raw = isIndex(base.raw) ? await platformManifest(base, platform) : base.raw;
  const manifest = parseDocument(ImageManifestSchema, raw.bytes, `the manifest of ${formatReference(base.reference)}`);
  const bytes = await smallBlob(base, manifest.config);
  const config = parseDocument(ImageConfigSchema, bytes, `the config of ${formatReference(base.reference)}`);
  if (config.architecture !== platform.architecture) throw noPlatform(base, platform, [config.architecture]);
  const path = config.config?.Env?.find((line) => line.startsWith("PATH="))?.slice("PATH=".length) || DEFAULT_PATH;
  return { platform, manifest, config, path };
}

async function platformManifest(base: BaseImage, platform: ImagePlatform): Promise<RawManifest> {
  const { manifests } = parseDocument(ImageIndexSchema, base.raw.bytes, "the base image's index");
  const fitting = manifests.find(
    ({ platform: p }) => p?.os === "linux" && p.architecture === platform.architecture && p.variant !== "v7",
  );
  const offered = manifests.map(({ platform: p }) => p?.architecture ?? "?").filter((name) => name !== "unknown");
  if (!fitting) throw noPlatform(base, platform, offered);
  const raw = await cachedManifest(base.registry, { ...base.reference, tag: undefined, digest: fitting.digest });
  if (raw) return raw;
  throw new SwError("IMAGE_FAILED", `${formatReference(base.reference)} names ${fitting.digest}, which is not there`);
}

const noPlatform = (base: BaseImage, platform: ImagePlatform, offered: readonly string[]) =>
  new SwError(
    "IMAGE_FAILED",
    `the base image ${formatReference(base.reference)} is not there for ${platform.name}, only for ${offered.join(", ")}`,
    { hint: "Leave the --platform out, or name another --base-image." },
  );

async function smallBlob(base: BaseImage, { digest, size }: Descriptor): Promise<Uint8Array> {
  const file = await baseBlob(base, { digest, size });
  return await Bun.file(file).bytes();
}

/** The blob as a file of the cache, its bytes looked at; downloaded if need be. */
export async function baseBlob(base: BaseImage, blob: { digest: string; size: number }): Promise<string> {
  const { ctx } = base.registry;
  const known = await wholeLayer(ctx, blob);
  if (known !== undefined) return known;
  await openBlobFile(base.registry, { ...blob, repository: base.reference.repository });
  return cachedLayerPath(ctx, blob.digest);
}

/**
 * What is inside: read once per layer, kept by digest. With `keep` the layers will be wanted whole (where their registry is
 * not the image's own), so they come to this machine for it; else they are read as they stream by.
 * @throws SwError IMAGE_FAILED for an image of a runtime
 */
export async function inspectBase(
  base: BaseImage,
  { manifest, path, platform }: BasePlatform,
  { keep }: { keep: boolean },
): Promise<BaseInside> {
  const layers: Names[] = [];
  for (const layer of manifest.layers) layers.push(await namesOf(base, layer, keep));
  const tree = mergeNames(layers);
  if (hasRuntimeInside(tree)) throw runtimeInside(formatReference(base.reference));
  return { libc: baseLibc(layers, tree, platform), pythons: basePythons(tree, path) };
}

async function namesOf(base: BaseImage, layer: Descriptor, keep: boolean): Promise<Names> {
  const { ctx } = base.registry;
  const item = `images:names-2:${layer.digest.replace(":", "-")}`;
  const known = v.safeParse(NamesSchema, await openState(ctx).getItem(item));
  if (known.success) return known.output;
  ctx.report.progress({ step: "base", text: `Reading the base image ${formatReference(base.reference)}` });
  const blob = { repository: base.reference.repository, digest: layer.digest, size: layer.size };
  const local = keep || (await keepLayer(ctx, layer));
  const chunks = local ? Bun.file(await baseBlob(base, blob)).stream() : streamBlob(base.registry, blob);
  const names = await layerNames(chunks, layer.mediaType);
  await openState(ctx).setItem(item, names);
  return names;
}
