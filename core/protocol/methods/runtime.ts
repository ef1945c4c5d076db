/** Methods on runtimes. Keys of results are the keys of `-o json` (docs/json.md). */
import * as v from "valibot";
import { defineMethod } from "#core/protocol/define.ts";

// Longer words are no URI of ours, only a burden.
const Text = v.pipe(v.string(), v.maxLength(8192));
const Uri = v.pipe(v.string(), v.maxLength(8192));

export const VersionRow = v.object({
  name: v.string(),
  project: v.string(),
  version: v.string(),
  tags: v.array(v.string()),
  size: v.number(),
  created_at: v.string(),
  removed: v.boolean(),
  /** State of the environment on this machine. */
  env: v.picklist(["ready", "preparing", "none"]),
});

export const RuntimeBuild = defineMethod({
  kind: "operation",
  params: v.strictObject({
    yaml: Text,
    name: v.optional(Text),
    project: v.optional(Text),
    tags: v.optional(v.array(Text), []),
    lock: v.optional(v.boolean(), true),
    cache: v.optional(v.boolean(), true),
    prepare: v.optional(v.picklist(["background", "wait", "no"])),
  }),
  result: v.object({
    name: v.string(),
    version: v.string(),
    tags: v.array(v.string()),
    uri: v.string(),
    unchanged: v.boolean(),
    lock: v.nullable(
      v.object({ files: v.array(v.string()), platforms: v.array(v.string()), python: v.string(), cached: v.boolean() }),
    ),
  }),
});

export const RuntimeList = defineMethod({
  kind: "query",
  params: v.strictObject({ project: v.optional(Text) }),
  result: v.array(VersionRow),
});

export const RuntimeHistory = defineMethod({
  kind: "query",
  params: v.strictObject({ uri: Uri, project: v.optional(Text) }),
  result: v.array(VersionRow),
});

export const RuntimeInfo = defineMethod({
  kind: "query",
  params: v.strictObject({ uri: Uri, project: v.optional(Text) }),
  result: v.object({
    name: v.string(),
    project: v.string(),
    version: v.string(),
    uri: v.string(),
    tags: v.array(v.string()),
    size: v.number(),
    created_at: v.string(),
    python: v.string(),
    mode: v.string(),
    platforms: v.array(v.string()),
    env: v.object({ state: v.picklist(["ready", "preparing", "none"]), prefix: v.nullable(v.string()) }),
    manifest: v.record(v.string(), v.unknown()),
    runtime_yaml: v.string(),
    lock: v.record(v.string(), v.string()),
  }),
});

export const BundleInfo = defineMethod({
  kind: "query",
  params: v.strictObject({ file: Text }),
  result: v.object({
    file: v.string(),
    version: v.string(),
    manifest: v.record(v.string(), v.unknown()),
    entries: v.array(v.object({ path: v.string(), type: v.string(), mode: v.number(), size: v.number() })),
  }),
});

export const ActivationPlanSchema = v.object({
  uri: v.string(),
  name: v.string(),
  project: v.string(),
  version: v.string(),
  mode: v.picklist(["venv", "conda"]),
  prefix: v.string(),
  path: v.pipe(v.array(v.string()), v.readonly()),
  set: v.record(v.string(), v.string()),
  unset: v.array(v.string()),
});

/** What to change in a shell or a child; "preparing" means: call `env.prepare`, then ask again. */
export const RuntimeActivation = defineMethod({
  kind: "query",
  params: v.strictObject({ uri: Uri, project: v.optional(Text) }),
  result: v.variant("state", [
    v.object({
      state: v.literal("ready"),
      plan: ActivationPlanSchema,
      rc: v.string(),
      warning: v.optional(v.string()),
    }),
    v.object({ state: v.literal("absent"), uri: v.string() }),
  ]),
});

export const EnvPrepare = defineMethod({
  kind: "operation",
  params: v.strictObject({ uri: Uri, project: v.optional(Text), fresh: v.optional(v.boolean(), false) }),
  result: v.object({ uri: v.string(), key: v.string(), prefix: v.string(), made: v.boolean() }),
});
