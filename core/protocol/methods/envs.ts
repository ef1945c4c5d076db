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

/**
 * `name` "" is that of the shell `owner_pid`; `text` is what a hooked shell evaluates, which then is in there as
 * `shell_pid`; `fresh` makes it anew, without what was installed into it.
 */
const EnvWritable = defineMethod({
  kind: "operation",
  params: v.strictObject({
    uri: Text,
    name: Text,
    owner_pid: v.number(),
    shell_pid: v.optional(v.number()),
    fresh: v.optional(v.boolean(), false),
    shell: v.optional(v.picklist(["bash", "zsh", "fish", "sh"])),
    offline: v.optional(v.boolean(), false),
  }),
  result: v.object({
    name: v.string(),
    plan: ActivationPlanSchema,
    rc: v.optional(v.string()),
    text: v.optional(v.string()),
  }),
});

export const EnvRow = v.object({
  name: v.string(),
  kind: v.picklist(["shared", "writable"]),
  prefix: v.string(),
  python: v.string(),
  python_version: v.nullable(v.string()),
  mode: v.picklist(["venv", "conda"]),
  runtimes: v.array(v.string()),
  size: v.number(),
  own_size: v.number(),
  created_at: v.string(),
  last_used: v.string(),
  pids: v.nullable(v.array(v.number())),
  changed: v.array(v.string()),
});

// Walking large trees takes its time: operations, so that they can be watched and cancelled.
const EnvList = defineMethod({ kind: "operation", params: v.strictObject({}), result: v.array(EnvRow) });
const EnvInfo = defineMethod({ kind: "operation", params: v.strictObject({ env: Text }), result: EnvRow });

const EnvRemove = defineMethod({
  kind: "operation",
  params: v.strictObject({ env: Text, force: v.optional(v.boolean(), false) }),
  result: v.object({ name: v.string(), prefix: v.string(), freed_bytes: v.number() }),
});

const Difference = v.object({
  path: v.string(),
  what: v.picklist(["changed", "missing", "added"]),
  distribution: v.string(),
  fixed: v.boolean(),
});

const EnvVerify = defineMethod({
  kind: "operation",
  params: v.strictObject({ envs: v.array(Text), fix: v.optional(v.boolean(), false) }),
  result: v.object({
    environments: v.array(
      v.object({
        name: v.string(),
        prefix: v.string(),
        files: v.number(),
        bytes: v.number(),
        seconds: v.number(),
        differences: v.array(Difference),
      }),
    ),
  }),
});

const Swept = v.object({ prefix: v.string(), why: v.string(), bytes: v.number() });

const EnvPrune = defineMethod({
  kind: "operation",
  params: v.strictObject({ dry_run: v.optional(v.boolean(), false) }),
  result: v.object({
    dry_run: v.boolean(),
    freed_bytes: v.number(),
    environments: v.array(Swept),
    kept: v.array(Swept),
  }),
});

export const ENVS_METHODS = {
  "env.pip": EnvPip,
  "env.writable": EnvWritable,
  "env.list": EnvList,
  "env.info": EnvInfo,
  "env.remove": EnvRemove,
  "env.verify": EnvVerify,
  "env.prune": EnvPrune,
} as const;
