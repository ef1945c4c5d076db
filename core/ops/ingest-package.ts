/**
 * A package becomes a runtime here: stream → checked → a version in the store → a name with its tags. For import and
 * download; whoever calls knows where the bytes come from. Tests: test/e2e/import.test.ts
 */
import { takeBundle } from "#core/bundle/take-bundle.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import type { PackageManifest } from "#core/manifest/manifest-schema.ts";
import { manifestDependencies } from "#core/manifest/parse-manifest.ts";
import { checkRuntimeName } from "#core/ops/package-name.ts";
import { type Published, publishVersion } from "#core/ops/publish-version.ts";
import { readRef } from "#core/store/refs.ts";
import { takePackage } from "#core/store/take-package.ts";
import type { Version } from "#core/store/versions.ts";

export interface Ingestion {
  source: AsyncIterable<Uint8Array>;
  project: string;
  /** The runtime's name, where it is known before or depends on what is inside. */
  name: string | ((taken: { version: Version; manifest: PackageManifest }) => Promise<string>);
  tags?: readonly string[];
  /** Refuses any other package. */
  expectId?: string;
  /** Takes the version although the name has it already. */
  force?: boolean;
}

export interface Ingested {
  name: string;
  version: Version;
  manifest: PackageManifest;
  published: Published;
  /** Files of its lock that a bundle brought with it. */
  carried: number;
}

/** @throws PACKAGE_INVALID, FORMAT_TOO_NEW, EXISTS, TAG_TAKEN; no name has changed then */
export async function ingestPackage(ctx: Ctx, input: Ingestion): Promise<Ingested> {
  const { project, tags = [], expectId } = input;
  const taken = await takePackage(ctx, input.source, expectId);
  const { version, manifest } = taken;
  const name = checkRuntimeName(typeof input.name === "string" ? input.name : await input.name(taken));
  if (!input.force) await refuseExisting(ctx, { project, name, id: version.id });
  for (const missing of missingMembers(manifest, version)) {
    ctx.report.warn(`the package names ${missing} but does not hold it; the runtime can't be activated`);
  }
  const carried = await takeBundle(ctx, taken);
  const published = await publishVersion(ctx, { project, name, version, tags });
  return { name, version, manifest, published, carried };
}

async function refuseExisting(ctx: Ctx, at: { project: string; name: string; id: string }): Promise<void> {
  const ref = await readRef(ctx, at.project, at.name);
  const known = ref?.versions.find((v) => v.id === at.id && v.removed_at === undefined);
  if (!known) return;
  throw new SwError("EXISTS", `${at.name} in project ${at.project} has version ${at.id.slice(0, 12)} already`, {
    hint: "-f takes it again and makes it the latest.",
    detail: { project: at.project, name: at.name, version: at.id },
  });
}

/** The Python client packs what it can't restore (files that were not there); better said now than at the activation. */
function missingMembers(manifest: PackageManifest, version: Version): string[] {
  const held = new Set(version.entries.map((entry) => entry.path));
  const named = manifestDependencies(manifest).flatMap((d) => {
    if (d.kind === "wheel") return d.items.map((item) => `wheels/${item.text}`);
    if (d.kind === "native_file") return d.items.map((item) => `files/${normal(item.src)}`);
    return "path" in d ? [`dependencies/${d.path}`] : [];
  });
  const locks = manifest.environment.lock.files.map((file) => `dependencies/${file}`);
  return [...named, ...locks].filter((path) => !held.has(path));
}

const normal = (path: string) => path.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
