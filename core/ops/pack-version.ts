/** Inputs → manifest and tree → a version in the store, named by its content. Tests: test/e2e/build.test.ts */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { buildManifest, identityOf, manifestText } from "#core/manifest/package-manifest.ts";
import type { BuildInputs } from "#core/ops/build-inputs.ts";
import type { SourceFacts } from "#core/ops/build-source.ts";
import { canonicalJson } from "#core/platform/digest.ts";
import { keepBlob, putBlobBytes } from "#core/store/blobs.ts";
import { dropVersion } from "#core/store/tree-records.ts";
import { type Entry, keepVersion, putVersion, type Version, versionId } from "#core/store/versions.ts";
import { canonicalTree, packageEntries } from "#core/swrt/package-tree.ts";
import { tarSize } from "#core/swrt/tar-writer.ts";

type PackInputs = BuildInputs & { facts?: SourceFacts };

/**
 * A version that exists is given back as it is, with its first time and manifest.
 * @throws STORE_DAMAGED when other content has the id (a package of somebody who chose it)
 */
export async function packVersion(ctx: Ctx, inputs: PackInputs): Promise<Version> {
  const entries = canonicalTree(unique(inputs.entries));
  const now = ctx.clock.now();
  const id = versionId(entries, identityOf(manifestOf(inputs, { version: "aaaa", createdAt: now })));
  const known = await keepVersion(ctx, id);
  if (known) refuseOther(known, entries);
  if (known && (await keepBlob(ctx, known.manifest))) return known;
  const createdAt = known?.created_at ?? now;
  const text = manifestText(manifestOf(inputs, { version: id, createdAt }));
  const manifest = await putBlobBytes(ctx, text);
  const size = tarSize(packageEntries(text, entries, neverOpened));
  const record = { id, created_at: createdAt, manifest: manifest.sha256, size, entries };
  // Its manifest was lost: the record must not go on naming it.
  if (known && known.manifest !== record.manifest) await dropVersion(ctx, id);
  return await putVersion(ctx, record);
}

function refuseOther(known: Version, entries: readonly Entry[]): void {
  if (canonicalJson(known.entries) === canonicalJson(entries)) return;
  throw new SwError("STORE_DAMAGED", `version ${known.id} of this store holds other content than its id says`, {
    hint: "Remove it (swcli runtime remove -f), run `swcli gc`, and build again.",
    detail: { version: known.id },
  });
}

// Sizes are known from the entries; nothing is read for them.
// biome-ignore lint/correctness/useYield: it is never run
async function* neverOpened(): AsyncGenerator<Uint8Array> {
  throw new Error("sizes need no content");
}

function manifestOf(inputs: PackInputs, { version, createdAt }: { version: string; createdAt: number }) {
  return buildManifest({
    ...inputs.facts,
    spec: inputs.spec,
    version,
    createdAt,
    python: inputs.python.version,
    pythonFrom: inputs.python.from,
    autoLock: inputs.lock !== null,
    lockFiles: inputs.lockFiles,
    platforms: inputs.lock?.platforms ?? [],
    includedFiles: inputs.requirements.files,
    lockedStarwhale: /^starwhale==([^\s;\\]+)/m.exec(inputs.lock?.requirementsTxt ?? "")?.[1],
  });
}

/** One file may be named twice (a requirement file that is also included). */
const unique = (entries: readonly Entry[]): Entry[] => [
  ...new Map(entries.map((entry) => [entry.path, entry])).values(),
];
