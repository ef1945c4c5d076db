/**
 * A requirement file's bytes as logical lines, as pip reads them: encodings, continuations, comments, ${VARIABLES}.
 * Knows nothing of what a line means. Tests: test/unit/core/lock/requirements.test.ts
 */
import { fillVariables } from "#core/config/variables.ts";
import type { Env } from "#core/platform/env.ts";

export interface LogicalLine {
  /** Without comment, variables filled in. */
  text: string;
  /** As written, variables not filled in. */
  written: string;
  /** Of its first physical line, from 1. */
  line: number;
  /** Of its first character that counts, from 1. */
  column: number;
}

/** The text of a file: BOM, then the encoding that a comment of the first two lines names (PEP 263), then UTF-8. */
export function decodeRequirements(bytes: Uint8Array): string {
  for (const [mark, label] of BOMS) {
    if (mark.every((byte, i) => bytes[i] === byte)) return new TextDecoder(label).decode(bytes);
  }
  const head = new TextDecoder("windows-1252").decode(bytes.subarray(0, 512)).split("\n").slice(0, 2);
  const named = head.map((line) => /^#.*coding[:=]\s*([-\w.]+)/.exec(line)?.[1]).find((name) => name !== undefined);
  return namedDecoder(named).decode(bytes);
}

const BOMS: [number[], "utf-8" | "utf-16le" | "utf-16be"][] = [
  [[0xef, 0xbb, 0xbf], "utf-8"],
  [[0xff, 0xfe], "utf-16le"],
  [[0xfe, 0xff], "utf-16be"],
];

/** Python's names for latin-1; every other encoding that people write is UTF-8 or a part of it. */
const namedDecoder = (name = "utf-8") =>
  new TextDecoder(/^(latin[-_]?1|l1|iso[-_]?8859[-_]?1|cp1252|windows-1252)$/i.test(name) ? "windows-1252" : "utf-8");

/** Logical lines that hold something. */
export function logicalLines(text: string, env: Env): LogicalLine[] {
  return joinLines(text.split(/\r\n|\r|\n/))
    .map(({ text, line }) => {
      const written = stripComment(text);
      const column = text.length - text.trimStart().length + 1;
      return { text: fillVariables(env, written), written, line, column };
    })
    .filter(({ written }) => written !== "");
}

// pip: a comment starts at the line's begin or after white space, so that `#egg=` and `#sha256=` stay.
const stripComment = (text: string) => text.replace(/(^|\s+)#.*$/, "").trim();

interface RawLine {
  text: string;
  line: number;
}

/** A backslash at the end goes on in the next line; a comment line ends it (pip's rule). */
function joinLines(lines: readonly string[]): RawLine[] {
  const out: RawLine[] = [];
  let open: RawLine | undefined;
  lines.forEach((text, index) => {
    const isComment = /^\s*#/.test(text);
    const more = text.endsWith("\\") && !isComment;
    const part = more ? text.slice(0, -1) : text;
    // pip puts a blank before the comment, so that it is seen as one.
    const joined = open
      ? { text: open.text + (isComment ? " " : "") + part, line: open.line }
      : { text: part, line: index + 1 };
    open = more ? joined : undefined;
    if (!more) out.push(joined);
  });
  if (open) out.push(open);
  return out;
}
