/** Methods on the life of versions: tags, removal, recovery, collection. Result keys are those of `-o json` (docs/json.md). */
import * as v from "valibot";
import { defineMethod } from "#core/protocol/define.ts";

// Longer words are no URI of ours, only a burden.
const Text = v.pipe(v.string(), v.maxLength(8192));

const VersionTags = v.object({ version: v.string(), tags: v.array(v.string()) });

// Queries, although they write: each is one commit of milliseconds, answered at once.
const RuntimeTag = defineMethod({
  kind: "query",
  params: v.strictObject({
    uri: Text,
    tags: v.optional(v.array(Text), []),
    remove: v.optional(v.boolean(), false),
    force: v.optional(v.boolean(), false),
    lenient: v.optional(v.boolean(), false),
  }),
  result: v.object({
    name: v.string(),
    project: v.string(),
    version: v.nullable(v.string()),
    tags: v.array(v.object({ tag: v.string(), version: v.string() })),
    said: v.array(v.string()),
  }),
});

const RuntimeRemove = defineMethod({
  kind: "query",
  params: v.strictObject({ uri: Text, force: v.optional(v.boolean(), false) }),
  result: v.object({
    name: v.string(),
    project: v.string(),
    removed: v.array(VersionTags),
    permanent: v.boolean(),
    latest: v.nullable(v.string()),
    foreign: v.number(),
  }),
});

const RuntimeRecover = defineMethod({
  kind: "query",
  params: v.strictObject({ uri: Text, force: v.optional(v.boolean(), false) }),
  result: v.object({
    name: v.string(),
    project: v.string(),
    recovered: v.array(VersionTags),
    latest: v.nullable(v.string()),
    said: v.array(v.string()),
  }),
});

const Swept = v.object({ count: v.number(), bytes: v.number() });
const SweptEnv = v.object({ prefix: v.string(), why: v.string(), bytes: v.number() });

const Gc = defineMethod({
  kind: "operation",
  params: v.strictObject({
    dry_run: v.optional(v.boolean(), false),
    older_than: v.optional(Text),
    envs: v.optional(v.boolean(), false),
  }),
  result: v.object({
    dry_run: v.boolean(),
    freed_bytes: v.number(),
    versions: v.array(v.object({ name: v.string(), project: v.string(), version: v.string(), foreign: v.boolean() })),
    blobs: Swept,
    leftovers: Swept,
    layers: Swept,
    environments: v.array(SweptEnv),
    kept: v.array(SweptEnv),
  }),
});

export const LIFECYCLE_METHODS = {
  "runtime.tag": RuntimeTag,
  "runtime.remove": RuntimeRemove,
  "runtime.recover": RuntimeRecover,
  gc: Gc,
} as const;
