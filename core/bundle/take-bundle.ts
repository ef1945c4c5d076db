/**
 * What a bundle carries, when its package has been taken into the store: every file must be named by the bundle's index
 * with its digest and by the version's lock with its hash; then a record beside the version keeps them.
 * Tests: test/e2e/bundle.test.ts
 */
import { type BundleFile, parseIndex } from "#core/bundle/bundle-index.ts";
import { lockedHashes } from "#core/bundle/locked-hashes.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { thisPlatform } from "#core/lock/platforms.ts";
import { blobPath, readBlobText } from "#core/store/blobs.ts";
import { addCarried } from "#core/store/carried-files.ts";
import type { Taken } from "#core/store/take-package.ts";
import { BUNDLE_FOLDER, BUNDLE_INDEX } from "#core/swrt/bundle-part.ts";
import { memberInvalid } from "#core/swrt/package-error.ts";
import type { TreeEntry } from "#core/swrt/package-tree.ts";

/**
 * @returns how many files it carries; 0 for a package that is no bundle
 * @throws PACKAGE_INVALID, HASH_MISMATCH, FORMAT_TOO_NEW; nothing is kept then
 */
export async function takeBundle(ctx: Ctx, { version, bundle }: Pick<Taken, "version" | "bundle">): Promise<number> {
  const index = bundle.find(({ path }) => path === BUNDLE_INDEX);
  if (!index) return 0;
  const { platforms, files } = parseIndex(await readBlobText(ctx, index.sha256 ?? ""));
  checkMembers(bundle, files);
  const locked = await lockedHashes(ctx, version);
  const taken = files.filter((file) => !isOtherEngine(ctx, file, locked));
  for (const file of taken) await checkLocked(ctx, file, locked);
  if (!platforms.includes(thisPlatform())) ctx.report.warn(otherPlatform(platforms));
  await addCarried(
    ctx,
    version.id,
    taken.map(({ path, sha256 }) => ({ path, sha256 })),
  );
  return taken.length;
}

const otherPlatform = (platforms: readonly string[]): string =>
  `the bundle carries packages for ${platforms.join(", ")}, not for ${thisPlatform()}: here the runtime needs a network, or another bundle`;

/** The conda engine belongs to the swcli that made the bundle; ours may be another one, and is then fetched. */
function isOtherEngine(ctx: Ctx, { path, sha256 }: BundleFile, locked: ReadonlySet<string>): boolean {
  if (!path.startsWith("engine/") || locked.has(`sha256:${sha256}`)) return false;
  ctx.report.warn(`${path} of the bundle is not the conda engine of this swcli and is left out`);
  return true;
}

/** Index and members name each other, one to one. */
function checkMembers(bundle: readonly TreeEntry[], files: readonly BundleFile[]): void {
  const members = new Map(bundle.filter(({ type }) => type !== "dir").map((entry) => [entry.path, entry]));
  members.delete(BUNDLE_INDEX);
  for (const { path, sha256 } of files) {
    const member = members.get(`${BUNDLE_FOLDER}/${path}`);
    if (member?.type !== "file") throw memberInvalid(path, "is named by the bundle's index but not there");
    if (member.sha256 !== sha256) throw changed(path, "its digest is not that of the bundle's index");
    members.delete(member.path);
  }
  const [other] = members.keys();
  if (other !== undefined) throw memberInvalid(other, "is not named by the bundle's index");
}

async function checkLocked(ctx: Ctx, { path, sha256 }: BundleFile, locked: ReadonlySet<string>): Promise<void> {
  if (locked.has(`sha256:${sha256}`)) return;
  // Locks that name other hashes are rare: those are made of the file only then.
  for (const kind of ["sha384", "sha512", "md5"] as const) {
    if (![...locked].some((hash) => hash.startsWith(`${kind}:`))) continue;
    const hasher = new Bun.CryptoHasher(kind);
    for await (const chunk of Bun.file(blobPath(ctx, sha256)).stream()) hasher.update(chunk);
    if (locked.has(`${kind}:${hasher.digest("hex")}`)) return;
  }
  throw changed(path, "the runtime's lock names no such file");
}

const changed = (path: string, why: string) =>
  new SwError("HASH_MISMATCH", `${path} of the bundle is not what was locked: ${why}`, {
    hint: "The bundle was damaged or changed on its way; nothing was taken over.",
    detail: { file: path },
  });
