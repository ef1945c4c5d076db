/**
 * Puts the options that were read into values, with the checks that each kind of option asks for.
 * Owns: the state of one scan. Tests: test/unit/cli/args.test.ts
 */

import type { ArgDef, GlobalOptions } from "#cli/arg-def.ts";
import type { GivenOption } from "#cli/arg-words.ts";
import { globalArgs, type Spellings } from "#cli/spellings.ts";
import { didYouMean } from "#cli/suggest.ts";
import { SwError } from "#core/errors.ts";

export interface Scan {
  readonly table: Spellings;
  readonly globals: GlobalOptions;
  readonly argv: readonly string[];
  /** Index of the next word. */
  at: number;
  readonly values: Map<string, unknown>;
  readonly words: string[];
  rest: string[] | undefined;
}

/** @throws SwError USAGE */
export function applyOption(scan: Scan, given: GivenOption): void {
  const { option, spelling, attached } = given;
  const isFlag = option.def.type !== "string";
  if (isFlag && attached !== undefined) throw new SwError("USAGE", `option ${spelling} takes no value`);
  const value = isFlag ? !option.negated : textValue(scan, given);
  if (option.global) setGlobal(scan.globals, option.key, value);
  else setOwn(scan, given, value);
}

function setOwn({ values }: Scan, { option, spelling }: GivenOption, value: string | boolean): void {
  const { key, def } = option;
  const before = values.get(key);
  if (def.type === "count") values.set(key, (typeof before === "number" ? before : 0) + 1);
  else if (def.repeat) values.set(key, [...(Array.isArray(before) ? before : []), value]);
  else if (before !== undefined) throw new SwError("USAGE", `option ${spelling} is given twice`);
  else values.set(key, value);
}

/** Given twice is fine here: a shell alias may carry one. */
function setGlobal(globals: GlobalOptions, key: string, value: string | boolean): void {
  if (key === "output") globals.output = value === "json" ? "json" : "text";
  else if (key === "color") globals.color = globalArgs.color.values.find((when) => when === value) ?? "auto";
  else if (key === "verbose") globals.verbose++;
  else if (key === "quiet") globals.quiet = true;
  else if (key === "no-daemon") globals.noDaemon = true;
  else if (key === "version") globals.version = true;
  else globals.help = true;
}

function textValue(scan: Scan, { option, spelling, attached }: GivenOption): string {
  const value = attached ?? option.def.optionalValue ?? nextWord(scan, spelling, option.def);
  // What stands for "no value" need not be one of the choices.
  return attached === undefined && option.def.optionalValue !== undefined ? value : choice(option.def, spelling, value);
}

function nextWord(scan: Scan, spelling: string, def: ArgDef): string {
  const next = scan.argv[scan.at];
  const number = next !== undefined && /^-\d+(\.\d+)?$/.test(next);
  if (next === undefined || (next.startsWith("-") && next !== "-" && !number)) {
    const hint = next && next !== "--" ? `For a value that begins with a dash write ${spelling}=${next}.` : undefined;
    throw new SwError("USAGE", `option ${spelling} needs a value${valueHint(def)}`, { hint });
  }
  scan.at++;
  return next;
}

const valueHint = (def: ArgDef) =>
  def.values ? `: ${def.values.filter(Boolean).join(", ")}` : def.valueName ? ` (${def.valueName})` : "";

function choice(def: ArgDef, spelling: string, value: string): string {
  if (!def.values) return value;
  const same = def.values.find((allowed) => allowed.toLowerCase() === value.toLowerCase());
  if (same !== undefined) return same;
  const allowed = def.values.filter(Boolean);
  throw new SwError("USAGE", `${spelling} ${JSON.stringify(value)} is not one of ${allowed.join(", ")}`, {
    hint: didYouMean(value, allowed),
  });
}
