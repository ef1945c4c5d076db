/**
 * uv.lock, read where the export leaves something out: where a file without a hash comes from, and which kind it is.
 * Pure. Tests: test/unit/core/lock/resolve.test.ts
 */
import * as v from "valibot";

const File = v.object({ url: v.optional(v.string()), path: v.optional(v.string()), hash: v.optional(v.string()) });
export type LockedFile = v.InferOutput<typeof File>;

const Package = v.object({
  name: v.string(),
  version: v.optional(v.string(), ""),
  source: v.optional(v.record(v.string(), v.unknown()), {}),
  sdist: v.optional(File),
  wheels: v.optional(v.array(File), []),
});
export type LockedPackage = v.InferOutput<typeof Package>;

const UvLock = v.object({ package: v.optional(v.array(Package), []) });

/** The packages of a uv.lock, by `name==version`. */
export function readUvLock(text: string): Map<string, LockedPackage> {
  const lock = v.parse(UvLock, Bun.TOML.parse(text));
  return new Map(lock.package.map((item) => [`${item.name}==${item.version}`, item]));
}

/** The file's name as it is in its folder or at the end of its URL. */
export function lockedFileName(file: LockedFile): string {
  const place = file.path ?? decodeURIComponent((file.url ?? "").replace(/[?#].*$/s, ""));
  return place.slice(place.lastIndexOf("/") + 1);
}
