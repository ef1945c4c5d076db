/** Methods on the files of a person's project: its lock, its runtime.yaml. */
import * as v from "valibot";
import { defineMethod } from "#core/protocol/define.ts";
import { BuildExtras, BuildSource } from "#core/protocol/methods/build-source.ts";

const Text = v.pipe(v.string(), v.maxLength(8192));

const Lock = defineMethod({
  kind: "operation",
  params: v.strictObject({
    dir: Text,
    yaml: v.optional(Text),
    source: v.optional(BuildSource),
    extras: v.optional(v.pick(BuildExtras, ["editable", "local_wheel", "conflicts"]), {}),
    upgrade: v.optional(v.array(Text)),
    cache: v.optional(v.boolean(), true),
    mode: v.optional(v.picklist(["write", "check", "print"]), "write"),
  }),
  result: v.object({
    dir: v.string(),
    files: v.array(v.object({ path: v.string(), text: v.string(), changed: v.boolean() })),
    platforms: v.array(v.string()),
    python: v.string(),
  }),
});

const Started = v.object({
  dir: v.string(),
  name: v.string(),
  mode: v.picklist(["venv", "conda"]),
  /** What was written. */
  files: v.array(v.string()),
  /** The runtime that it started from. */
  uri: v.nullable(v.string()),
});

const QuickstartShell = defineMethod({
  kind: "operation",
  params: v.strictObject({
    dir: Text,
    name: v.optional(Text),
    mode: v.optional(v.picklist(["venv", "conda"])),
    force: v.optional(v.boolean(), false),
  }),
  result: Started,
});

const QuickstartUri = defineMethod({
  kind: "operation",
  params: v.strictObject({
    uri: Text,
    dir: Text,
    name: v.optional(Text),
    force: v.optional(v.boolean(), false),
    restore: v.optional(v.boolean(), true),
  }),
  result: Started,
});

export const PROJECT_FILE_METHODS = {
  "runtime.lock": Lock,
  "quickstart.shell": QuickstartShell,
  "quickstart.uri": QuickstartUri,
} as const;
