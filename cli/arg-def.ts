/**
 * How a command declares its options and arguments, and the options that every command has.
 * Types and defaults, so that each part of the parser can name them. Tests: test/unit/cli/args.test.ts
 */
export interface ArgDef {
  type: "string" | "boolean" | "count" | "positional" | "rest";
  description: string;
  /** Spelled without dash: ["t"], ["del"]. */
  short?: readonly string[];
  /** Long spellings besides the key's own. */
  long?: readonly string[];
  /** The option may be given several times (for a positional: takes all words that are left); the value is string[]. */
  repeat?: boolean;
  /** The only values that are right; case does not matter. */
  values?: readonly string[];
  /** What help calls the value; the key in capitals otherwise. */
  valueName?: string;
  /** `--writable[=NAME]`: the value when none is given; a separate word is then never its value. */
  optionalValue?: string;
  /** Declares `--no-KEY` beside `--KEY`; without a default the value is undefined when neither is given. */
  negatable?: boolean;
  required?: boolean;
  default?: string | boolean;
  hidden?: boolean;
}

export type ArgDefs = Readonly<Record<string, ArgDef>>;

/** What counts before and after the verb; `help` and `version` end the parsing. */
export interface GlobalOptions {
  output: "text" | "json";
  verbose: number;
  quiet: boolean;
  noDaemon: boolean;
  color: "auto" | "always" | "never";
  help?: boolean;
  version?: boolean;
}

export const defaultGlobals = (): GlobalOptions => ({
  output: "text",
  verbose: 0,
  quiet: false,
  noDaemon: false,
  color: "auto",
});
