/**
 * From what people write to removed versions, for recovering them and for removing them for good.
 * Tests: test/e2e/remove.test.ts
 */
import { SwError } from "#core/errors.ts";
import type { RuntimeRef, VersionRef } from "#core/store/ref.ts";
import { byPrefix } from "#core/store/resolve.ts";

export const removedVersions = (ref: RuntimeRef): VersionRef[] =>
  ref.versions.filter((v) => v.removed_at !== undefined);

/**
 * The removed version of that id, tag or beginning.
 * @throws VERSION_NOT_FOUND; AMBIGUOUS also where several removed versions had the tag
 */
export function findRemoved(ref: RuntimeRef, text: string): VersionRef {
  const removed = removedVersions(ref);
  const exact = removed.find((version) => version.id === text);
  if (exact) return exact;
  const [tagged, ...others] = removed.filter((version) => version.removed_tags?.includes(text));
  if (tagged && others.length === 0) return tagged;
  if (tagged) throw severalHad(ref, text, [tagged, ...others]);
  return byPrefix(ref, removed, text);
}

function severalHad(ref: RuntimeRef, tag: string, found: readonly VersionRef[]): SwError {
  const lines = found.map((version) => `  ${version.id}`);
  return new SwError(
    "AMBIGUOUS",
    `${found.length} removed versions of ${ref.name} had the tag ${tag}:\n${lines.join("\n")}`,
    {
      hint: "Write the version.",
      detail: { candidates: found.map(({ id }) => id) },
    },
  );
}
