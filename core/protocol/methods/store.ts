/** Methods on the store as a whole. Keys of results are the keys of `-o json`. */
import * as v from "valibot";
import { defineMethod } from "#core/protocol/define.ts";

const Problem = v.object({
  kind: v.picklist(["content", "version", "name", "layer"]),
  what: v.string(),
  problem: v.string(),
  used_by: v.array(v.string()),
  done: v.picklist(["restored", "quarantined", "dropped", "none"]),
  quarantined: v.nullable(v.string()),
  hint: v.nullable(v.string()),
});

const Check = defineMethod({
  kind: "operation",
  params: v.strictObject({}),
  result: v.object({
    root: v.string(),
    format: v.number(),
    ok: v.boolean(),
    checked: v.object({
      names: v.number(),
      versions: v.number(),
      contents: v.number(),
      layers: v.number(),
      bytes: v.number(),
    }),
    problems: v.array(Problem),
  }),
});

const Machine = defineMethod({
  kind: "operation",
  params: v.strictObject({}),
  result: v.object({
    ok: v.boolean(),
    checks: v.array(v.object({ name: v.string(), ok: v.boolean(), text: v.string() })),
  }),
});

export const STORE_METHODS = { "store.check": Check, "doctor.machine": Machine } as const;
