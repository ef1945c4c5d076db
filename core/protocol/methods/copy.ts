/** Methods that move runtimes between instances, and those that log in and out. Keys of results are the keys of `-o json`. */
import * as v from "valibot";
import { defineMethod } from "#core/protocol/define.ts";

const Text = v.pipe(v.string(), v.maxLength(8192));
const Flag = v.optional(v.boolean(), false);

const Copy = defineMethod({
  kind: "operation",
  params: v.strictObject({
    src: Text,
    dest: Text,
    force: Flag,
    skipExisting: Flag,
    destLocalProject: v.optional(Text),
    ignoreTags: v.optional(v.array(Text), []),
  }),
  result: v.object({
    source: v.string(),
    destination: v.string(),
    name: v.nullable(v.string()),
    version: v.string(),
    /** The destination had the same content already. */
    skipped: v.boolean(),
    tags: v.array(
      v.object({
        tag: v.string(),
        state: v.picklist(["added", "there", "moved", "kept"]),
        /** The version that keeps it. */
        by: v.optional(v.string()),
      }),
    ),
  }),
});

const Login = defineMethod({
  kind: "operation",
  params: v.strictObject({
    uri: Text,
    alias: v.optional(Text),
    username: v.optional(Text),
    password: v.optional(Text),
    token: v.optional(Text),
    insecure: Flag,
    insecureTls: Flag,
  }),
  result: v.object({ alias: v.string(), uri: v.string(), user_name: v.string() }),
});

const Logout = defineMethod({
  kind: "operation",
  params: v.strictObject({ alias: Text }),
  result: v.object({ alias: v.string(), uri: v.string() }),
});

export const COPY_METHODS = {
  "runtime.copy": Copy,
  "instance.login": Login,
  "instance.logout": Logout,
} as const;
