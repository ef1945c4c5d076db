/** Methods on runtimes. Keys of results are the keys of `-o json` (docs/json.md). */
import * as v from "valibot";
import { defineMethod } from "#core/protocol/define.ts";
import { BuildExtras, BuildSource, BuildTarget } from "#core/protocol/methods/build-source.ts";

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

const BuildParams = v.strictObject({
  /** Used when there is no other source. */
  yaml: v.optional(Text, "runtime.yaml"),
  source: v.optional(BuildSource),
  target: v.optional(BuildTarget, {}),
  extras: v.optional(BuildExtras, {}),
  name: v.optional(Text),
  project: v.optional(Text),
  tags: v.optional(v.array(Text), []),
  lock: v.optional(v.boolean(), true),
  cache: v.optional(v.boolean(), true),
  prepare: v.optional(v.picklist(["background", "wait", "no"])),
  compile: v.optional(v.boolean()),
});

const BuildResult = v.object({
  name: v.string(),
  version: v.string(),
  tags: v.array(v.string()),
  uri: v.string(),
  unchanged: v.boolean(),
  lock: v.nullable(
    v.object({ files: v.array(v.string()), platforms: v.array(v.string()), python: v.string(), cached: v.boolean() }),
  ),
});

const RuntimeBuild = defineMethod({ kind: "operation", params: BuildParams, result: BuildResult });

/** The answer to a build whose inputs all stand as they were; null means: build it. */
const RuntimeRecall = defineMethod({
  kind: "query",
  params: BuildParams,
  result: v.nullable(v.object({ result: BuildResult, warnings: v.array(v.string()) })),
});

const RuntimeList = defineMethod({
  kind: "query",
  params: v.strictObject({
    project: v.optional(Text),
    filters: v.optional(v.array(Text), []),
    show_removed: v.optional(v.boolean(), false),
  }),
  result: v.array(VersionRow),
});

const RuntimeHistory = defineMethod({
  kind: "query",
  params: v.strictObject({ uri: Uri, project: v.optional(Text) }),
  result: v.array(VersionRow),
});

const RuntimeInfo = defineMethod({
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
    env: v.object({
      state: v.picklist(["ready", "preparing", "none"]),
      prefix: v.nullable(v.string()),
      python: v.nullable(v.string()),
      /** Leads to the prefix as long as this version is the latest. */
      link: v.nullable(v.string()),
    }),
    manifest: v.record(v.string(), v.unknown()),
    manifest_text: v.string(),
    runtime_yaml: v.string(),
    lock: v.record(v.string(), v.string()),
  }),
});

const BundleInfo = defineMethod({
  kind: "query",
  params: v.strictObject({ file: Text }),
  result: v.object({
    file: v.string(),
    version: v.string(),
    /** What a bundle carries, and for which platforms; none and 0 for a plain package. */
    platforms: v.array(v.string()),
    carried: v.number(),
    manifest: v.record(v.string(), v.unknown()),
    entries: v.array(v.object({ path: v.string(), type: v.string(), mode: v.number(), size: v.number() })),
  }),
});

export const RUNTIME_METHODS = {
  "runtime.build": RuntimeBuild,
  "runtime.recall": RuntimeRecall,
  "runtime.list": RuntimeList,
  "runtime.history": RuntimeHistory,
  "runtime.info": RuntimeInfo,
  "runtime.bundle-info": BundleInfo,
} as const;
