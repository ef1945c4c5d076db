/** Methods for shells that have our hook. */
import * as v from "valibot";
import { defineMethod } from "#core/protocol/define.ts";

// Longer words are no URI of ours, only a burden.
const Text = v.pipe(v.string(), v.maxLength(8192));
const Shell = v.picklist(["bash", "zsh", "fish", "nu", "pwsh"]);

const Hook = defineMethod({
  kind: "query",
  params: v.strictObject({ shell: Shell, swcli: Text, cd: v.optional(v.boolean(), false) }),
  result: v.object({ text: v.string() }),
});

/** "absent" means: call `env.prepare`, then ask again. */
const Enter = defineMethod({
  kind: "query",
  params: v.strictObject({
    shell: Shell,
    uri: Text,
    /** The shell's process. */
    pid: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(2))),
  }),
  result: v.variant("state", [
    v.object({ state: v.literal("ready"), text: v.string(), warning: v.optional(v.string()) }),
    v.object({ state: v.literal("absent"), uri: v.string() }),
  ]),
});

const Complete = defineMethod({
  kind: "query",
  params: v.strictObject({ what: v.picklist(["uri", "project", "env", "kernel"]), word: Text }),
  result: v.object({ words: v.array(v.string()) }),
});

const Allow = defineMethod({
  kind: "query",
  params: v.strictObject({ folder: Text, remove: v.optional(v.boolean(), false) }),
  result: v.object({ file: v.string(), uri: v.nullable(v.string()), allowed: v.boolean() }),
});

export const SHELL_METHODS = {
  "runtime.allow": Allow,
  "shell.hook": Hook,
  "shell.enter": Enter,
  "shell.complete": Complete,
} as const;
