/** `runtime info`: everything known of one version. Tests: test/e2e/info.test.ts */
import type { Ctx } from "#core/context.ts";
import { linkPath, targetOf } from "#core/env/links.ts";
import type { Marker } from "#core/env/marker.ts";
import { readyEnv } from "#core/env/pointer.ts";
import { readManifest } from "#core/env/recipe.ts";
import { localUri, resolveLocal } from "#core/ops/target.ts";
import { readBlobText } from "#core/store/blobs.ts";
import { type RuntimeRef, tagsOf } from "#core/store/ref.ts";
import { readVersion, type Version } from "#core/store/versions.ts";

export async function runtimeInfo(ctx: Ctx, params: { uri: string }) {
  const { ref, version: entry } = await resolveLocal(ctx, params.uri);
  const version = await readVersion(ctx, entry.id);
  const manifest = await readManifest(ctx, version);
  const marker = await readyEnv(ctx, version.id);
  return {
    name: ref.name,
    project: ref.project,
    version: version.id,
    uri: localUri(ref.project, ref.name, version.id),
    tags: tagsOf(ref, version.id),
    size: version.size,
    created_at: new Date(version.created_at).toISOString(),
    python: manifest.environment.python,
    mode: manifest.environment.mode,
    platforms: manifest.swcli?.platforms ?? [],
    env: envOf(ctx, ref, marker),
    manifest,
    manifest_text: await readBlobText(ctx, version.manifest),
    runtime_yaml: await textOf(ctx, version, "runtime.yaml"),
    lock: await lockTexts(ctx, version, manifest.environment.lock.files),
  };
}

/** The interpreter and the stable link are for editors. */
function envOf(ctx: Ctx, ref: RuntimeRef, marker: Marker | undefined) {
  if (!marker) return { state: "none" as const, prefix: null, python: null, link: null };
  const { prefix } = marker;
  const path = linkPath(ctx, ref);
  const link = targetOf(path) === prefix ? path : null;
  return { state: "ready" as const, prefix, python: `${prefix}/bin/python`, link };
}

async function lockTexts(ctx: Ctx, version: Version, files: readonly string[]): Promise<Record<string, string>> {
  const texts = files.map(async (file) => [
    file.slice(file.lastIndexOf("/") + 1),
    await textOf(ctx, version, `dependencies/${file}`),
  ]);
  return Object.fromEntries(await Promise.all(texts));
}

async function textOf(ctx: Ctx, version: Version, path: string): Promise<string> {
  const digest = version.entries.find((entry) => entry.path === path)?.sha256;
  return digest === undefined ? "" : await readBlobText(ctx, digest);
}
