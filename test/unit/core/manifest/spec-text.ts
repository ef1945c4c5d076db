/** Short ways to read a runtime.yaml written in a test. */
import { SwError } from "#core/errors.ts";
import { parseSpec } from "#core/manifest/read-spec.ts";
import type { RuntimeSpec } from "#core/manifest/spec.ts";

export const read = (text: string): RuntimeSpec => parseSpec(text, "/project/runtime.yaml", "/project");

/** The error that the text is refused with; fails when it is accepted. */
export const refused = (text: string): SwError => errorOf(() => read(text));

export function errorOf(work: () => unknown): SwError {
  try {
    work();
  } catch (e) {
    if (e instanceof SwError) return e;
    throw e;
  }
  throw new Error("was accepted");
}

/** The first line of the message without the file's name: `7:13: environment.python …`. */
export const firstLine = (error: SwError): string => (error.message.split("\n")[0] ?? "").replace("runtime.yaml:", "");
