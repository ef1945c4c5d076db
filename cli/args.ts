/**
 * Options and arguments as commands declare them, and the parser that reads them: multi-letter shorts, repeated
 * options, clusters of flags, words passed on verbatim, and an error for everything that is not understood.
 * Owns: the shared definitions, parseArgs and the types of its result. Knows nothing of commands or output.
 * Tests: test/unit/cli/args.test.ts
 */
import type { ArgDef, ArgDefs, GlobalOptions } from "#cli/arg-def.ts";
import { applyOption, type Scan } from "#cli/arg-values.ts";
import { fromWord } from "#cli/arg-words.ts";
import { spellingsOf } from "#cli/spellings.ts";
import { SwError } from "#core/errors.ts";

export type { ArgDef, ArgDefs, GlobalOptions };

type TextOf<D extends ArgDef> = D["values"] extends readonly string[] ? D["values"][number] : string;
type Given<D extends ArgDef> = D extends { required: true } | { default: string } ? TextOf<D> : TextOf<D> | undefined;
type Flag<D extends ArgDef> = D extends { negatable: true } & { default?: never } ? boolean | undefined : boolean;
type Value<D extends ArgDef> = D["type"] extends "boolean"
  ? Flag<D>
  : D["type"] extends "count"
    ? number
    : D["type"] extends "rest"
      ? string[]
      : D extends { repeat: true }
        ? TextOf<D>[]
        : Given<D>;

export type ParsedArgs<T extends ArgDefs> = { [K in keyof T]: Value<T[K]> };

export const projectArgs = {
  project: { type: "string", short: ["p"], valueName: "URI", description: "Project URI (default: the selected one)" },
} as const satisfies ArgDefs;

export const offlineArgs = {
  offline: { type: "boolean", description: "Fetch nothing: make the environment from a bundle and what is here" },
} as const satisfies ArgDefs;

/**
 * The values of `argv` by the keys of `defs`. Global options found on the way are written into `globals`; when
 * `globals.help` or `globals.version` is set afterwards, the values are incomplete and not to be used.
 * @throws SwError USAGE
 */
export function parseArgs<const T extends ArgDefs>(
  defs: T,
  argv: readonly string[],
  globals: GlobalOptions,
): ParsedArgs<T> {
  const scan: Scan = { table: spellingsOf(defs), globals, argv, at: 0, values: new Map(), words: [], rest: undefined };
  scanAll(scan, restAfter(defs));
  if (!globals.help && !globals.version) checkWords(defs, scan);
  // The one place that ties the untyped scan to the declared types; the tests hold it to every type of ArgDef.
  return valuesOf(defs, scan) as ParsedArgs<T>;
}

/** How many words come before the verbatim part, or Infinity where the command has none. */
function restAfter(defs: ArgDefs): number {
  const all = Object.values(defs);
  if (!all.some((def) => def.type === "rest")) return Number.POSITIVE_INFINITY;
  return all.filter((def) => def.type === "positional").length;
}

function scanAll(scan: Scan, wordsBeforeRest: number): void {
  let optionsEnded = false;
  while (scan.at < scan.argv.length) {
    const token = scan.argv[scan.at++]!;
    if (scan.words.length >= wordsBeforeRest && (optionsEnded || token === "--" || !isOption(token, scan))) {
      scan.rest = scan.argv.slice(token === "--" ? scan.at : scan.at - 1);
      return;
    }
    if (optionsEnded) scan.words.push(token);
    else if (token === "--") optionsEnded = true;
    else if (!isOption(token, scan)) scan.words.push(token);
    else {
      for (const option of fromWord(token, scan.table)) applyOption(scan, option);
      if (scan.globals.help || scan.globals.version) return;
    }
  }
}

/** `-` is a word (stdin, by custom), and so is a negative number that no option is spelled like. */
function isOption(token: string, scan: Scan): boolean {
  if (!token.startsWith("-") || token === "-") return false;
  return !/^-\d+(\.\d+)?$/.test(token) || scan.table.find(token) !== undefined;
}

/** Hands the words to the positionals, in the order of their definition. */
function checkWords(defs: ArgDefs, scan: Scan): void {
  const words = [...scan.words];
  for (const [key, def] of Object.entries(defs)) {
    if (def.type === "positional") {
      const own = def.repeat ? words.splice(0) : words.splice(0, 1);
      if (own.length === 0 && def.required) throw missing(key, def);
      if (own.length > 0) scan.values.set(key, def.repeat ? own : own[0]);
    }
    if (def.type === "rest" && def.required && !scan.rest?.length) throw missing(key, def);
    if (def.type === "string" && def.required && !scan.values.has(key))
      throw missing(`--${key}`, { ...def, valueName: `--${key}` });
  }
  if (words.length > 0) throw new SwError("USAGE", `unexpected argument ${JSON.stringify(words[0])}`);
}

const missing = (key: string, def: ArgDef) =>
  new SwError("USAGE", `missing ${def.valueName ?? key.toUpperCase()}: ${def.description}`);

function valuesOf(defs: ArgDefs, scan: Scan): Record<string, unknown> {
  const entries = Object.entries(defs).map(([key, def]) => [key, scan.values.get(key) ?? emptyValue(def, scan)]);
  return Object.fromEntries(entries);
}

function emptyValue(def: ArgDef, scan: Scan): unknown {
  if (def.type === "rest") return scan.rest ?? [];
  if (def.type === "count") return 0;
  if (def.repeat) return [];
  // Who can say yes and no may have said neither.
  if (def.type === "boolean") return def.default ?? (def.negatable ? undefined : false);
  return def.default;
}
