/**
 * Brings a finished image to registries: base layers mounted or handed on, only missing blobs sent, tags last, so that
 * no tag ever names half an image. Tests: test/e2e/dockerize.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { type BaseImage, baseBlob } from "#core/docker/base-image.ts";
import type { DirectImage } from "#core/docker/direct-engine.ts";
import type { PlatformImage } from "#core/docker/image-config.ts";
import { cachedLayerPath, checkedLayer } from "#core/docker/layer-cache.ts";
import type { Layer } from "#core/docker/layer-writer.ts";
import { SwError } from "#core/errors.ts";
import type { Descriptor } from "#core/oci/manifest.ts";
import { type BlobSource, bytesSource, fileSource, mountBlob, type Pushed, pushBlob } from "#core/oci/push-blob.ts";
import { parseReference, type Reference } from "#core/oci/reference.ts";
import { hasBlob, headManifest, openRegistry, pushScope, putManifest, type Registry } from "#core/oci/registry.ts";
import { transferMeter } from "#core/transfer/progress.ts";

export interface PushSummary {
  /** Bytes that went over the wire. */
  sent: number;
  /** Blobs by what was needed. */
  blobs: Record<Pushed, number>;
}

/** One name in one registry. */
export interface PushTarget {
  readonly registry: Registry;
  readonly repository: string;
  readonly tag: string;
  readonly summary: PushSummary;
  /** Repositories of the same registry that have the image already. */
  readonly siblings: readonly string[];
}

export async function pushTarget(
  ctx: Ctx,
  name: string,
  options: { insecure: readonly string[]; summary: PushSummary; siblings?: readonly Reference[] },
): Promise<PushTarget> {
  const { host, repository, tag = "latest" } = parseReference(name);
  const registry = await openRegistry(ctx, host, { insecure: options.insecure });
  const same = (options.siblings ?? []).filter((other) => other.host === host && other.repository !== repository);
  return { registry, repository, tag, summary: options.summary, siblings: same.map((other) => other.repository) };
}

export async function pushImage(
  ctx: Ctx,
  image: DirectImage,
  { tags, insecure }: { tags: readonly string[]; insecure: readonly string[] },
): Promise<PushSummary> {
  const summary: PushSummary = { sent: 0, blobs: { exists: 0, mounted: 0, pushed: 0 } };
  await eachTag(tags, async (tag, before) => {
    const siblings = before.map(parseReference);
    await pushTag(await pushTarget(ctx, tag, { insecure, summary, siblings }), image);
  });
  return summary;
}

/** One name after the other; a failure says which ones have the image by then. */
export async function eachTag(
  tags: readonly string[],
  push: (tag: string, before: readonly string[]) => Promise<void>,
): Promise<void> {
  for (const [index, tag] of tags.entries()) {
    const before = tags.slice(0, index);
    try {
      await push(tag, before);
    } catch (e) {
      throw before.length > 0 && e instanceof SwError ? partlyPushed(e, before) : e;
    }
  }
}

function partlyPushed({ code, message, hint, detail, cause }: SwError, pushed: readonly string[]): SwError {
  const left = `The image was pushed as ${pushed.join(", ")} before; repeat the command for the rest.`;
  return new SwError(code, message, { hint: hint ? `${hint} ${left}` : left, detail: { ...detail, pushed }, cause });
}

async function pushTag(target: PushTarget, image: DirectImage): Promise<void> {
  const { registry, repository, tag } = target;
  // A registry takes no manifest whose parts are missing: one question answers for all of them.
  if ((await headManifest(registry, repository, tag)) === image.top.digest) return;
  const known = await headManifest(registry, repository, image.top.digest);
  if (known === undefined) for (const platform of image.platforms) await pushPlatform(target, image, platform);
  await putManifest(registry, { repository, key: tag }, image.top);
}

async function pushPlatform(target: PushTarget, image: DirectImage, platform: PlatformImage): Promise<void> {
  const { registry, repository } = target;
  const { ctx } = registry;
  const text = `Pushing ${platform.platform.name} to ${registry.host}/${repository}`;
  const sizes = [...platform.baseLayers, ...platform.layers.map(({ layer }) => layer)].map(({ size }) => size);
  const meter = transferMeter(ctx, { step: "push", text, total: sizes.reduce((sum, size) => sum + size, 0) });
  await eachOf(platform.baseLayers, (layer) => pushBaseBlob(target, image.base, layer, meter));
  await eachOf(platform.layers, ({ layer }) => pushOwn(target, layerSource(ctx, layer), meter));
  await pushOwn(target, bytesSource(platform.config.bytes));
  meter.end();
  if (platform.manifest.digest !== image.top.digest) {
    await putManifest(registry, { repository, key: platform.manifest.digest }, platform.manifest);
  }
}

/** Looked at before it is sent: a registry would refuse other bytes again and again. */
const layerSource = (ctx: Ctx, { digest, size }: Layer): BlobSource => ({
  ...fileSource(cachedLayerPath(ctx, digest), digest, size),
  check: async () => void (await checkedLayer(ctx, digest)),
});

// More would only share the same line.
const PARALLEL = 3;

/** All have ended when one's failure is told. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  const ended = await Promise.allSettled(Array.from({ length: PARALLEL }, worker));
  for (const one of ended) if (one.status === "rejected") throw one.reason;
}

async function pushOwn(target: PushTarget, source: BlobSource, meter?: Meter): Promise<void> {
  const [mountFrom] = target.siblings;
  const how = await metered(meter, source.size, (onProgress) =>
    pushBlob(target.registry, target.repository, source, { mountFrom, onProgress }),
  );
  count(target.summary, how, source.size);
}

type Meter = Pick<ReturnType<typeof transferMeter>, "add">;

/** Counts a blob as it goes, and as a whole where no byte of it has to. */
async function metered<T>(
  meter: Meter | undefined,
  size: number,
  work: (onProgress: (sent: number) => void) => Promise<T>,
): Promise<T> {
  let counted = 0;
  const upTo = (sent: number) => {
    if (sent > counted) meter?.add(sent - counted);
    counted = Math.max(counted, sent);
  };
  const done = await work(upTo);
  upTo(size);
  return done;
}

function count(summary: PushSummary, how: Pushed, size: number): void {
  summary.blobs[how] += 1;
  if (how === "pushed") summary.sent += size;
}

/** A blob that another image has: mounted where its registry is the target too, else fetched once and handed on. */
export async function pushBaseBlob(
  target: PushTarget,
  base: BaseImage,
  blob: Descriptor,
  meter?: Meter,
): Promise<void> {
  await metered(meter, blob.size, (onProgress) => handOn(target, base, blob, onProgress));
}

async function handOn(
  { registry, repository, summary }: PushTarget,
  base: BaseImage,
  { digest, size }: Descriptor,
  onProgress: (sent: number) => void,
): Promise<void> {
  if (base.reference.host === registry.host) {
    const from = base.reference.repository;
    if (await mountBlob(registry, repository, { digest, from })) return count(summary, "mounted", 0);
  } else if (await hasBlob(registry, { repository, digest }, pushScope(repository))) {
    return count(summary, "exists", 0);
  }
  const path = await baseBlob(base, { digest, size });
  count(summary, await pushBlob(registry, repository, fileSource(path, digest, size), { onProgress }), size);
}
