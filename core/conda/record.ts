/**
 * One conda package, exactly: what a lock says of it and an installer needs. Knows no disk.
 * Tests: test/unit/core/conda/record.test.ts
 */
import * as v from "valibot";

const Texts = v.nullish(v.array(v.string()), []);
const Hex = (length: number) =>
  v.optional(v.pipe(v.string(), v.toLowerCase(), v.regex(new RegExp(`^[0-9a-f]{${length}}$`))));

/** Keys as in repodata; what is not named here does not change what is installed. */
export const CondaRecordSchema = v.object({
  name: v.string(),
  version: v.string(),
  build: v.string(),
  build_number: v.optional(v.number(), 0),
  subdir: v.string(),
  fn: v.string(),
  url: v.string(),
  channel: v.nullish(v.string(), ""),
  md5: Hex(32),
  sha256: Hex(64),
  size: v.optional(v.number()),
  depends: Texts,
  constrains: Texts,
  noarch: v.optional(v.union([v.string(), v.boolean()])),
  arch: v.optional(v.nullable(v.string())),
  platform: v.optional(v.nullable(v.string())),
  license: v.optional(v.nullable(v.string())),
  timestamp: v.optional(v.number()),
  features: v.optional(v.nullable(v.string())),
  track_features: v.optional(v.union([v.string(), v.array(v.string())])),
  python_site_packages_path: v.optional(v.nullable(v.string())),
});

export type CondaRecord = v.InferOutput<typeof CondaRecordSchema>;

/** Without credentials, without values that say nothing, so that the same package gives the same text. */
export function cleanRecord(record: CondaRecord): CondaRecord {
  const out: Partial<Record<string, unknown>> & CondaRecord = {
    ...record,
    url: cleanUrl(record.url),
    channel: channelUrl(record),
  };
  for (const [key, value] of Object.entries(out))
    if (value === undefined || value === null || value === "") delete out[key];
  return out;
}

/** A URL without `user:password@` and without the `/t/TOKEN` of private channels; a folder is no secret. */
export const cleanUrl = (url: string): string =>
  url
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1")
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/].*?)\/t\/[^/]+(?=\/)/i, "$1");

/** The channel's address, from the package's own: what records call their channel is often only a name. */
export function channelUrl({ url, subdir, fn }: Pick<CondaRecord, "url" | "subdir" | "fn">): string {
  const clean = cleanUrl(url);
  const tail = `/${subdir}/${fn}`;
  if (clean.endsWith(tail)) return clean.slice(0, -tail.length);
  return clean.replace(/\/[^/]+\/[^/]+$/, "");
}

/** What a package's file is called. */
export const FILE_NAME = /^(.+)-([^-]+)-([^-]+)\.(?:conda|tar\.bz2)$/;

/** `name=version=build`, as `conda env export` writes it. */
export const exactSpec = ({ name, version, build }: CondaRecord): string => `${name}=${version}=${build}`;

/** Sorted by name: the order in which a lock lists them says nothing. */
export const byName = (records: readonly CondaRecord[]): CondaRecord[] =>
  [...records].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
