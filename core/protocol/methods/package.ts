/** Methods on packages: files outside the store, and their way in and out. Keys of results are the keys of `-o json`. */
import * as v from "valibot";
import { defineMethod } from "#core/protocol/define.ts";

const Text = v.pipe(v.string(), v.maxLength(8192));

const Extract = defineMethod({
  kind: "operation",
  params: v.strictObject({ uri: Text, targetDir: v.optional(Text), force: v.optional(v.boolean(), false) }),
  result: v.object({ path: v.string(), uri: v.string(), name: v.string(), version: v.string() }),
});

const Import = defineMethod({
  kind: "operation",
  params: v.strictObject({
    file: Text,
    name: v.optional(Text),
    project: v.optional(Text),
    force: v.optional(v.boolean(), false),
  }),
  result: v.object({
    file: v.string(),
    name: v.string(),
    project: v.string(),
    version: v.string(),
    uri: v.string(),
    tags: v.array(v.string()),
    unchanged: v.boolean(),
    /** Files of its lock that came with it (a bundle). */
    carried: v.number(),
  }),
});

const Bundle = defineMethod({
  kind: "operation",
  params: v.strictObject({
    uri: Text,
    file: Text,
    platforms: v.optional(v.array(Text), []),
    force: v.optional(v.boolean(), false),
  }),
  result: v.object({
    file: v.string(),
    uri: v.string(),
    name: v.string(),
    version: v.string(),
    platforms: v.array(v.string()),
    /** Files of the lock that it carries. */
    carried: v.number(),
    size: v.number(),
  }),
});

export const PACKAGE_METHODS = {
  "runtime.bundle": Bundle,
  "runtime.extract": Extract,
  "runtime.import": Import,
} as const;
