/**
 * One ref: what the file of a name says, and what it means. Pure; the files are in refs.ts, removal and recovery in
 * version-life.ts. Tests: test/unit/core/store/refs.test.ts
 */
import * as v from "valibot";
import { SwError } from "#core/errors.ts";

const REFS_FORMAT = 1;

const VersionRefSchema = v.looseObject({
  id: v.string(),
  /** Unix ms of the version's first making. */
  created_at: v.number(),
  /** Unix ms at which this name got it; orders the history. */
  added_at: v.number(),
  /** Bytes of the package. */
  size: v.number(),
  /** Unix ms of the removal; absent while live. */
  removed_at: v.optional(v.number()),
  /** Tags that a removed version gets back when it is recovered. */
  removed_tags: v.optional(v.array(v.string())),
  /** The full URI of the server or registry that it was last copied from. */
  origin: v.optional(v.string()),
  /** It went when the whole runtime was removed. */
  removed_whole: v.optional(v.boolean()),
  /** From a package that the Python client left; its file stays whatever we do. */
  adopted: v.optional(v.boolean()),
});

const RuntimeRefSchema = v.looseObject({
  format: v.number(),
  name: v.string(),
  project: v.string(),
  /** The last vN given; -1 before the first. */
  seq: v.number(),
  versions: v.array(VersionRefSchema),
  /** Tag (also `latest` and `vN`) → version id; only live versions. */
  tags: v.record(v.string(), v.string()),
  /** What was seen of the Python client's packages when this was written (ref-overlay.ts). */
  adopted: v.optional(v.object({ ids: v.array(v.string()), tags: v.record(v.string(), v.string()) })),
});

export type VersionRef = v.InferOutput<typeof VersionRefSchema>;
export type RuntimeRef = v.InferOutput<typeof RuntimeRefSchema>;

export const emptyRef = (project: string, name: string): RuntimeRef => ({
  format: REFS_FORMAT,
  name,
  project,
  seq: -1,
  versions: [],
  tags: {},
});

/** @throws STORE_DAMAGED, FORMAT_TOO_NEW */
export function parseRef(text: string, path: string): RuntimeRef {
  try {
    const ref = v.parse(RuntimeRefSchema, JSON.parse(text));
    if (ref.format <= REFS_FORMAT) return ref;
  } catch (e) {
    throw new SwError("STORE_DAMAGED", `${path} can't be read`, { hint: "Run `swcli doctor --store`.", cause: e });
  }
  throw new SwError("FORMAT_TOO_NEW", `${path} was written by a newer swcli`, {
    hint: "Use that swcli or a newer one.",
  });
}

export const liveVersions = (ref: RuntimeRef): VersionRef[] => ref.versions.filter((r) => r.removed_at === undefined);

/** Tags of a version in reading order: latest, vN ascending, then the others by name. */
export function tagsOf(ref: RuntimeRef, id: string): string[] {
  const tags = Object.keys(ref.tags).filter((tag) => ref.tags[tag] === id);
  return tags.sort((a, b) => tagRank(a) - tagRank(b) || (a < b ? -1 : 1));
}

const AUTO_TAG = /^v(\d+)$/;
const tagRank = (tag: string): number => {
  if (tag === "latest") return -1;
  const auto = AUTO_TAG.exec(tag);
  return auto ? Number(auto[1]) : Number.MAX_SAFE_INTEGER;
};

/** `latest` and `vN` are made by us and can't be given by people. */
export const isBuiltinTag = (tag: string): boolean => tag === "latest" || AUTO_TAG.test(tag);

/** The next vN: numbers are never given twice. */
export function giveAutoTag(ref: RuntimeRef, id: string): string {
  do ref.seq += 1;
  while (ref.tags[`v${ref.seq}`] !== undefined);
  const tag = `v${ref.seq}`;
  ref.tags[tag] = id;
  return tag;
}
