/** Results that were written down, of whatever build: typed when they have this build's shape. Tests: test/unit/cli/output/jobs-view.test.ts */
import * as v from "valibot";
import { METHODS, type MethodName, type ResultOf } from "#core/protocol/methods.ts";

/** undefined for what is no result of the method. */
export function parseResult<M extends MethodName>(method: M, value: unknown): ResultOf<M> | undefined {
  const parsed = v.safeParse(METHODS[method].result, value);
  return parsed.success ? (parsed.output as ResultOf<M>) : undefined;
}
