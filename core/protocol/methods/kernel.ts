/** Methods on Jupyter kernels. Result keys are those of `-o json` (docs/json.md). */
import * as v from "valibot";
import { defineMethod } from "#core/protocol/define.ts";

const Text = v.pipe(v.string(), v.maxLength(8192));
const Kernel = v.object({
  name: v.string(),
  display_name: v.string(),
  uri: v.string(),
  path: v.string(),
  env: v.record(v.string(), v.string()),
});

export const KERNEL_METHODS = {
  // An operation, so that its warning is heard.
  "kernel.add": defineMethod({
    kind: "operation",
    params: v.strictObject({ uri: Text, display_name: v.optional(Text), swcli: Text }),
    result: Kernel,
  }),
  "kernel.list": defineMethod({ kind: "query", params: v.strictObject({}), result: v.array(Kernel) }),
  "kernel.remove": defineMethod({ kind: "query", params: v.strictObject({ kernel: Text }), result: Kernel }),
} as const;
