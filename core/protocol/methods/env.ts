/** Methods on environments: what activating changes, and making what is not there. */
import * as v from "valibot";
import { defineMethod } from "#core/protocol/define.ts";

// Longer words are no URI of ours, only a burden.
const Text = v.pipe(v.string(), v.maxLength(8192));
const Uri = Text;

export const ActivationPlanSchema = v.object({
  uri: v.string(),
  name: v.string(),
  project: v.string(),
  version: v.string(),
  mode: v.picklist(["venv", "conda"]),
  prefix: v.string(),
  path: v.array(v.string()),
  behind: v.optional(v.array(v.string())),
  set: v.record(v.string(), v.string()),
  unset: v.array(v.string()),
  extend: v.optional(
    v.record(v.string(), v.object({ of: v.string(), parts: v.array(v.string()), alone: v.optional(v.string()) })),
  ),
  leave: v.optional(v.array(v.string())),
});

/** What to change in a shell or a child; "preparing" means: call `env.prepare`, then ask again. */
const Activation = defineMethod({
  kind: "query",
  params: v.strictObject({
    uri: Uri,
    project: v.optional(Text),
    /** With it the folder of the shell's start files is wanted too. */
    shell: v.optional(v.picklist(["bash", "zsh", "fish", "sh"])),
    /** The process that will be in the environment, where it is not started for it. */
    pid: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(2))),
  }),
  result: v.variant("state", [
    v.object({
      state: v.literal("ready"),
      plan: ActivationPlanSchema,
      rc: v.optional(v.string()),
      warning: v.optional(v.string()),
    }),
    v.object({ state: v.literal("absent"), uri: v.string() }),
  ]),
});

const Prepare = defineMethod({
  kind: "operation",
  params: v.strictObject({
    uri: Uri,
    project: v.optional(Text),
    fresh: v.optional(v.boolean(), false),
    /** Of bytecode, as somebody wishes. */
    compile: v.optional(v.boolean()),
    /** Nothing is fetched. */
    offline: v.optional(v.boolean(), false),
  }),
  result: v.object({ uri: v.string(), key: v.string(), prefix: v.string(), made: v.boolean() }),
});

export const ENV_METHODS = {
  "runtime.activation": Activation,
  "env.prepare": Prepare,
} as const;
