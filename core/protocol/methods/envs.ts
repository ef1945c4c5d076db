/** Methods on environments as things of their own: writable ones, what stands in for pip, the list, drift. */
import * as v from "valibot";
import { defineMethod } from "#core/protocol/define.ts";
import { ActivationPlanSchema } from "#core/protocol/methods/env.ts";

const Text = v.pipe(v.string(), v.maxLength(8192));

const EnvPip = defineMethod({
  kind: "query",
  params: v.strictObject({ prefix: Text, args: v.array(v.string()) }),
  result: v.union([
    v.object({ argv: v.array(v.string()), env: v.record(v.string(), v.string()) }),
    v.object({ text: v.string() }),
  ]),
});

/** `name` "" is the owner's own; `text` is what a hooked shell evaluates. */
const EnvWritable = defineMethod({
  kind: "operation",
  params: v.strictObject({
    uri: Text,
    name: Text,
    owner_pid: v.number(),
    shell: v.optional(v.picklist(["bash", "zsh", "fish", "sh"])),
  }),
  result: v.object({
    name: v.string(),
    plan: ActivationPlanSchema,
    rc: v.optional(v.string()),
    text: v.optional(v.string()),
  }),
});

export const ENVS_METHODS = { "env.pip": EnvPip, "env.writable": EnvWritable } as const;
