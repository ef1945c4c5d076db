/** How a method is stated: once, for client types, parsing, docs and tests. */
import type * as v from "valibot";

type Schema = v.BaseSchema<unknown, unknown, v.BaseIssue<unknown>>;

export interface MethodDef<P extends Schema = Schema, R extends Schema = Schema> {
  /** A query answers at once with JSON; an operation streams events and can be cancelled by closing. */
  kind: "query" | "operation";
  params: P;
  result: R;
}

export const defineMethod = <P extends Schema, R extends Schema>(def: MethodDef<P, R>): MethodDef<P, R> => def;
