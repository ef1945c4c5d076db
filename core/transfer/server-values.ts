/** The values that the server's calls share, as loosely as they really come. Tests: test/e2e/copy.test.ts */
import * as v from "valibot";

/** A string, or now and then a number. */
export const Id = v.pipe(v.union([v.string(), v.number()]), v.transform(String));

const Tags = v.nullish(v.array(v.string()), []);

const Time = v.nullish(v.number(), 0);

export const OwnerVo = v.looseObject({ name: v.nullish(v.string(), "") });

export const VersionVo = v.looseObject({
  id: Id,
  /** The full version. */
  name: v.string(),
  tags: Tags,
  /** `vN`. */
  alias: v.nullish(v.string(), ""),
  /** Only the history's is right. */
  latest: v.nullish(v.boolean(), false),
  /** The text of `_manifest.yaml`. */
  meta: v.nullish(v.string(), ""),
  createdTime: Time,
});

export type ServerVersion = v.InferOutput<typeof VersionVo>;

export const RuntimeVo = v.looseObject({
  id: Id,
  name: v.string(),
  createdTime: Time,
  owner: v.nullish(OwnerVo),
  /** The latest one. */
  version: v.nullish(VersionVo),
});

export type ServerRuntimeRow = v.InferOutput<typeof RuntimeVo>;

export const RuntimeInfoVo = v.looseObject({
  id: Id,
  name: v.string(),
  versionId: Id,
  versionName: v.string(),
  versionAlias: v.nullish(v.string(), ""),
  versionMeta: v.nullish(v.string(), ""),
  createdTime: Time,
  versionInfo: v.nullish(VersionVo),
});

export type ServerRuntimeInfo = v.InferOutput<typeof RuntimeInfoVo>;

export const pageOf = <T>(row: v.BaseSchema<unknown, T, v.BaseIssue<unknown>>) =>
  v.looseObject({ total: v.number(), list: v.array(row), pages: v.nullish(v.number(), 1) });
