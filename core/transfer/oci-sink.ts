/**
 * A registry as the destination of a copy: only contents that it lacks are sent, then the document that names them, then
 * the tags. Interrupted, what arrived stays and is not sent again. Tests: test/e2e/copy-oci.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import type { RawManifest } from "#core/oci/manifest.ts";
import { pushBlob } from "#core/oci/push-blob.ts";
import { getManifest, openRegistry, putManifest, type Registry } from "#core/oci/registry.ts";
import type { Version } from "#core/store/versions.ts";
import type { Sink, Source } from "#core/transfer/ends.ts";
import { inParallel } from "#core/transfer/in-parallel.ts";
import { encodeArtifact } from "#core/transfer/oci-artifact.ts";
import { type Layer, runtimeLayers } from "#core/transfer/oci-layers.ts";
import { artifactIfAny, ociText, readText } from "#core/transfer/oci-read.ts";
import { transferMeter } from "#core/transfer/progress.ts";
import type { TagOutcome } from "#core/transfer/server-tags.ts";
import type { OciUri } from "#core/uri/oci-uri.ts";

/** @throws AUTH_FAILED, USAGE for a digest */
export async function ociSink(ctx: Ctx, uri: OciUri, name: string | undefined): Promise<Sink> {
  if (uri.digest !== undefined) {
    throw new SwError("USAGE", `${ociText(uri)} names content that is there already`, {
      hint: "Leave the digest out.",
    });
  }
  const registry = await openRegistry(ctx, uri.host);
  let pushed: RawManifest | undefined;
  return {
    uri: (version) => ociText({ ...uri, tag: version }),
    check: () => {},
    existing: async (source) => await existing(registry, uri, source.version),
    async put(source, replace) {
      const version = await source.store();
      const mountFrom = source.registry?.host === uri.host ? source.registry.repository : undefined;
      const place: Place = {
        ctx,
        registry,
        repository: uri.repository,
        mountFrom,
        before: replace ? undefined : (uri.tag ?? "latest"),
      };
      pushed = await pushRuntime(place, { name: name ?? source.name ?? "", version, source });
      await putManifest(registry, { repository: uri.repository, key: version.id }, pushed);
    },
    tag: async (version, tags, move) => {
      const raw = pushed ?? (await getManifest(registry, uri.repository, version));
      if (raw === undefined) return [];
      const own = await tagAll(registry, uri.repository, { raw, tags, move });
      // The tag of the URI was asked for by name; without one it is the usual one.
      await putManifest(registry, { repository: uri.repository, key: uri.tag ?? "latest" }, raw);
      return own;
    },
  };
}

/** The version, or another one that has the tag which the URI names. */
async function existing(registry: Registry, uri: OciUri, version: string) {
  const keys = uri.tag === undefined || uri.tag === "latest" ? [version] : [uri.tag, version];
  for (const key of keys) {
    const found = await artifactIfAny(registry, uri.repository, key);
    if (found) return { manifestText: await readText(registry, uri.repository, found.artifact.manifest) };
  }
  return undefined;
}

interface Place {
  readonly ctx: Ctx;
  readonly registry: Registry;
  readonly repository: string;
  readonly mountFrom: string | undefined;
  /** The tag of the version before; undefined where what the registry says of it is not to be believed. */
  readonly before: string | undefined;
}

async function pushRuntime(
  place: Place,
  { name, version, source }: { name: string; version: Version; source: Source },
): Promise<RawManifest> {
  const { config, manifest, layers } = await runtimeLayers(place.ctx, version, source.manifestText);
  await pushAll(place, name, [config, manifest, ...layers]);
  return encodeArtifact({
    name,
    version: version.id,
    config: config.descriptor,
    manifest: manifest.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  });
}

// All that a kill can cost: what arrived whole is never sent again.
const AT_ONCE = 2;

async function pushAll(place: Place, name: string, layers: readonly Layer[]): Promise<void> {
  const { ctx, registry, repository, mountFrom } = place;
  const there = await knownThere(place);
  const unique = [...new Map(layers.map(({ source }) => [source.digest, source])).values()].filter(
    ({ digest }) => !there.has(digest),
  );
  const total = unique.reduce((sum, { size }) => sum + size, 0);
  const meter = transferMeter(ctx, { step: "push", text: `Pushing ${name} to ${registry.host}`, total });
  await inParallel(unique, AT_ONCE, async (source) => {
    await pushBlob(registry, repository, source, { mountFrom });
    meter.add(source.size);
  });
  meter.end();
}

/** What the version before names is there, without asking for each: a registry keeps what its documents name. */
async function knownThere({ registry, repository, before: tag }: Place): Promise<Set<string>> {
  if (tag === undefined) return new Set();
  try {
    const before = await artifactIfAny(registry, repository, tag);
    return new Set(before?.artifact.layers.map(({ digest }) => digest));
  } catch (e) {
    if (e instanceof SwError && e.code === "IMAGE_FAILED") return new Set();
    throw e;
  }
}

async function tagAll(
  registry: Registry,
  repository: string,
  { raw, tags, move }: { raw: RawManifest; tags: readonly string[]; move: boolean },
): Promise<TagOutcome[]> {
  const outcomes: TagOutcome[] = [];
  for (const tag of tags) {
    const holder = await artifactIfAny(registry, repository, tag);
    if (holder?.digest === raw.digest) outcomes.push({ tag, state: "there" });
    else if (holder && !move) outcomes.push({ tag, state: "kept", by: holder.artifact.version });
    else {
      await putManifest(registry, { repository, key: tag }, raw);
      outcomes.push({ tag, state: holder ? "moved" : "added" });
    }
  }
  return outcomes;
}
