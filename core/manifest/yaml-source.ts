/**
 * The text of one yaml file, parsed with positions, and what is found wrong in it.
 * Owns: syntax errors, sizes, alias limits; the only caller of the yaml parser for runtime.yaml.
 * Must not know which keys exist. Tests: test/unit/core/manifest/yaml-source.test.ts
 */
import { type Document, isAlias, LineCounter, type Node, parseDocument, type YAMLError } from "yaml";
import { SwError } from "#core/errors.ts";
import { type Problem, problemsError, type SourceText, type Span } from "#core/manifest/spec-error.ts";

export interface YamlSource extends SourceText {
  readonly doc: Document;
  readonly lines: LineCounter;
  /** Collected while reading; `throwProblems` makes one error of them. */
  readonly problems: Problem[];
  readonly warnings: { at: Span; message: string }[];
  /** What may still be read: a handful of lines with aliases can expand to billions of values, or to endless ones. */
  aliasesLeft: number;
  valuesLeft: number;
}

export const MAX_SPEC_BYTES = 1024 * 1024;
const MAX_ALIASES = 1000;
const MAX_VALUES = 100_000;
export const TOO_DEEP = "the values are nested too deeply";

/**
 * Parses one document; scalars stay as they were written (3.10 is not 3.1).
 * @throws SwError MANIFEST_SYNTAX with the place.
 */
export function openSource(text: string, label: string): YamlSource {
  if (Buffer.byteLength(text) > MAX_SPEC_BYTES) throw tooBig(label);
  // A byte order mark is no part of the first line; columns are counted without it.
  const body = text.replace(/^\uFEFF/, "");
  const lines = new LineCounter();
  const doc = parse(body, label, lines);
  const limits = { aliasesLeft: MAX_ALIASES, valuesLeft: MAX_VALUES };
  const source: YamlSource = { label, text: body, doc, lines, problems: [], warnings: [], ...limits };
  for (const error of doc.errors) source.problems.push(syntaxProblem(source, error));
  // What follows a syntax error is guesswork of the parser, so only the first is worth showing.
  if (source.problems.length > 1) source.problems.length = 1;
  throwProblems(source);
  for (const warning of doc.warnings)
    source.warnings.push({ at: errorSpan(source, warning), message: lowerFirst(firstLine(warning)) });
  return source;
}

/** Throws what was found so far as one error. */
export function throwProblems(source: YamlSource): void {
  if (source.problems.length > 0) throw problemsError(source, source.problems);
}

/**
 * The node that an alias stands for, or the node itself.
 * @throws SwError MANIFEST_SYNTAX when aliases refer to themselves or expand without end.
 */
export function follow(source: YamlSource, node: Node | null): Node | null {
  source.valuesLeft -= 1;
  if (isAlias(node)) source.aliasesLeft -= 1;
  if (node && (source.aliasesLeft < 0 || source.valuesLeft < 0)) {
    throw syntaxError(source, node, "this file has too many values, or its aliases expand to too many");
  }
  if (!isAlias(node)) return node;
  const target = node.resolve(source.doc);
  if (!target) throw syntaxError(source, node, `no value is marked as &${node.source}`);
  return target;
}

/** Where a node stands; of several lines only the first is marked. */
export function spanOf(source: YamlSource, node: Node): Span {
  const [start, end] = node.range ?? [0, 0];
  return spanAt(source, start, end);
}

const syntaxError = (source: YamlSource, node: Node, message: string) =>
  problemsError(source, [{ code: "MANIFEST_SYNTAX", at: spanOf(source, node), message }]);

function spanAt(source: YamlSource, start: number, end: number): Span {
  const { line, col } = source.lines.linePos(start);
  const width = (source.text.slice(start, end).split(/\r?\n/)[0] ?? "").trimEnd().length;
  return { line: Math.max(1, line), column: Math.max(1, col), width };
}

function parse(text: string, label: string, lineCounter: LineCounter): Document {
  try {
    return parseDocument(text, { schema: "failsafe", lineCounter, prettyErrors: false, uniqueKeys: true });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new SwError("MANIFEST_SYNTAX", `${label}: ${TOO_DEEP}`, { cause });
  }
}

function syntaxProblem(source: YamlSource, error: YAMLError): Problem {
  const at = errorSpan(source, error);
  const known = SYNTAX_WORDS[error.code];
  if (known) return { code: "MANIFEST_SYNTAX", at, ...known };
  return { code: "MANIFEST_SYNTAX", at, message: lowerFirst(firstLine(error)) };
}

const SYNTAX_WORDS: Partial<Record<YAMLError["code"], { message: string; hint: string }>> = {
  DUPLICATE_KEY: { message: "this key is there twice", hint: "Keep one of the two." },
  MULTIPLE_DOCS: {
    message: "a second document starts here",
    hint: "Keep one document: remove the `---` and what follows.",
  },
  TAB_AS_INDENT: { message: "a tab can't be used for indentation", hint: "Use spaces." },
};

const errorSpan = (source: YamlSource, error: YAMLError) => spanAt(source, error.pos[0], error.pos[1]);

function firstLine(error: YAMLError): string {
  // The parser recurses: a file of brackets ends in a stack overflow, which it reports as an error of the file.
  if (/^Maximum call stack/.test(error.message)) return TOO_DEEP;
  return (error.message.split("\n")[0] ?? "").replace(/:$/, "");
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** For whoever sees the size before the text. */
export const tooBig = (label: string) =>
  new SwError("MANIFEST_SYNTAX", `${label} is larger than 1 MiB`, {
    hint: "A runtime.yaml is a short text; is this the right file?",
  });
