/**
 * Every way to spell an option, the verb's own before the global ones.
 * Owns: the definitions of the global options and the table from a spelling to its option. Tests: test/unit/cli/args.test.ts
 */
import type { ArgDef, ArgDefs } from "#cli/arg-def.ts";

export interface Option {
  readonly key: string;
  readonly def: ArgDef;
  readonly global: boolean;
  /** Set by a `--no-KEY` spelling. */
  readonly negated: boolean;
}

export interface Spellings {
  find(spelling: string): Option | undefined;
  /** The long spellings of both, when the verb gave a global option's spelling a meaning of its own. */
  shadowed(spelling: string): { own: string; global: string } | undefined;
  readonly all: readonly string[];
}

export const globalArgs = {
  output: {
    type: "string",
    short: ["o"],
    values: ["json", "text"],
    valueName: "FORMAT",
    description: "Print one JSON document on stdout, errors too",
  },
  verbose: { type: "count", short: ["v"], description: "Say more; repeat for details (-vvv)" },
  quiet: { type: "boolean", short: ["q"], description: "No progress, only results, warnings and errors" },
  "no-daemon": { type: "boolean", description: "Do the work in this process (also SW_NO_DAEMON=1)" },
  color: {
    type: "string",
    values: ["auto", "always", "never"],
    valueName: "WHEN",
    description: "When to use colours",
  },
  version: { type: "boolean", description: "Print the version (with -v also the build)" },
  help: { type: "boolean", short: ["h"], description: "Print this help" },
} as const satisfies ArgDefs;

let globalTable: Map<string, Option> | undefined;

/** The tables are made when the first option is looked up: many commands are typed without any. */
export function spellingsOf(defs: ArgDefs): Spellings {
  let table: Map<string, Option> | undefined;
  const own = () => (table ??= tableOf(defs, false));
  const globals = () => (globalTable ??= tableOf(globalArgs, true));
  return {
    find: (spelling) => own().get(spelling) ?? globals().get(spelling),
    shadowed(spelling) {
      const [mine, theirs] = [own().get(spelling), globals().get(spelling)];
      return mine && theirs && { own: `--${kebab(mine.key)}`, global: `--${theirs.key}` };
    },
    get all() {
      const hidden = (option: Option) => option.def.hidden;
      return [...new Map([...globals(), ...own()])]
        .filter(([, option]) => !hidden(option))
        .map(([spelling]) => spelling);
    },
  };
}

/** The spellings of one option with their dashes, shorts first; what help shows. */
export function optionSpellings(key: string, def: ArgDef): string[] {
  const shorts = (def.short ?? []).map((short) => `-${short}`);
  const longs = [kebab(key), ...(def.long ?? [])].map((long) => `--${long}`);
  return [...shorts, ...longs];
}

function tableOf(defs: ArgDefs, global: boolean): Map<string, Option> {
  const table = new Map<string, Option>();
  for (const [key, def] of Object.entries(defs)) {
    if (def.type === "positional" || def.type === "rest") continue;
    for (const spelling of optionSpellings(key, def)) table.set(spelling, { key, def, global, negated: false });
    if (def.negatable) table.set(`--no-${kebab(key)}`, { key, def, global, negated: true });
  }
  return table;
}

const kebab = (key: string) => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
