/**
 * uv's way of reporting a failure: `error: …`, `cause: …`, `hint: …`. Knows the form, not the meaning. Pure.
 * Tests: test/unit/core/lock/explain.test.ts
 */
import { redactUrl } from "#core/platform/redact.ts";

export interface UvError {
  /** After `error: `. */
  head: string;
  /** From the outermost to the innermost; several lines each. */
  causes: string[];
  hints: string[];
}

/** The last failure that stderr tells, without secrets. */
export function parseUvError(stderr: string): UvError {
  const out: UvError = { head: "", causes: [], hints: [] };
  let add: (line: string) => void = () => {};
  for (const line of redactUrl(stderr).split(/\r?\n/)) {
    const [, word, rest = ""] = /^\s*(error|cause|hint): (.*)$/.exec(line) ?? [];
    if (word === "error") {
      Object.assign(out, { head: rest, causes: [], hints: [] });
      add = (more) => {
        out.head += `\n${more}`;
      };
    } else if (word !== undefined) {
      add = appendTo(word === "cause" ? out.causes : out.hints, rest);
    } else if (out.head !== "") add(line.trim());
  }
  const tidy = (text: string) => text.trim().replace(/\n{2,}/g, "\n");
  return { head: tidy(out.head || redactUrl(stderr)), causes: out.causes.map(tidy), hints: out.hints.map(tidy) };
}

function appendTo(list: string[], first: string): (line: string) => void {
  const index = list.push(first) - 1;
  return (line) => {
    list[index] += `\n${line}`;
  };
}
