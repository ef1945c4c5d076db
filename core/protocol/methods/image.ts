/** Methods on images. Keys of results are the keys of `-o json` (docs/json.md). */
import * as v from "valibot";
import { defineMethod } from "#core/protocol/define.ts";

// Longer words are no names of ours, only a burden.
const Text = v.pipe(v.string(), v.maxLength(8192));
const Texts = v.optional(v.array(Text), []);
const Flag = v.optional(v.boolean(), false);

const RuntimeDockerize = defineMethod({
  kind: "operation",
  params: v.strictObject({
    uri: Text,
    tags: Texts,
    push: Flag,
    platforms: Texts,
    builder: v.optional(Text),
    baseImage: v.optional(Text),
    dryRun: Flag,
    engine: v.optional(v.picklist(["auto", "buildx", "direct"]), "auto"),
    to: v.optional(Text),
    compression: v.optional(v.picklist(["gzip", "zstd"])),
    format: v.optional(v.picklist(["oci", "docker"])),
    insecure: Texts,
    buildAnyway: Flag,
  }),
  result: v.object({
    name: v.string(),
    version: v.string(),
    uri: v.string(),
    engine: v.picklist(["direct", "buildx", "copy"]),
    reason: v.string(),
    tags: v.array(v.string()),
    digest: v.nullable(v.string()),
    platforms: v.array(v.object({ platform: v.string(), digest: v.nullable(v.string()) })),
    base: v.object({ name: v.string(), digest: v.nullable(v.string()) }),
    pushed: v.boolean(),
    to: v.nullable(v.string()),
    sent_bytes: v.nullable(v.number()),
    dry_run: v.boolean(),
    dockerfile: v.nullable(v.string()),
    commands: v.array(v.string()),
  }),
});

export const IMAGE_METHODS = {
  "runtime.dockerize": RuntimeDockerize,
} as const;
