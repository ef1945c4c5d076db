/**
 * What activation scripts make of a variable that the person has already, learned by trying them: run without it, and run with
 * a value that is recognized in what they leave. Pure. Tests: test/unit/core/env/activation/conda-learn.test.ts
 */
import type { Extension } from "#core/env/activation/plan.ts";

export type Values = Readonly<Record<string, string>>;

/** Stands for the person's own value: a path of a folder that nobody has, which may be a part of a list. */
export const OWN_VALUE = "/.swcli/own-value-2b7f1c";

export interface Learned {
  set: Record<string, string>;
  unset: string[];
  extend: Record<string, Extension>;
  /** Names of variables whose making can't be told: what is set without them stands in `set`. */
  odd: string[];
}

// Of the shell that runs the scripts, or given by the plan itself.
const OURS =
  /^(_|_SWRT_.*|PWD|OLDPWD|SHLVL|PATH|HOME|CONDA_PREFIX|CONDA_DEFAULT_ENV|CONDA_PROMPT_MODIFIER|CONDA_SHLVL|BASH.*|SHELLOPTS|IFS|UID|EUID|PPID)$/;

/** Variables that the scripts have set or changed. */
export const changed = (before: Values, after: Values): Record<string, string> =>
  Object.fromEntries(Object.entries(after).filter(([name, value]) => !OURS.test(name) && before[name] !== value));

/**
 * The names worth a try: those that scripts assign or unset, by their text or by what they left, and also look at.
 * What `given` holds is set before the scripts run, whatever the person has.
 */
export function worthTrying(text: string, after: Values, given: Values): string[] {
  const assigned = [...text.matchAll(/\b([A-Za-z_]\w*)\+?=/g)].map(([, name = ""]) => name);
  const unset = [...text.matchAll(/\bunset[ \t]+(?:-v[ \t]+)?(\w[\w \t]*)/g)].flatMap(([, names = ""]) =>
    names.split(/\s+/),
  );
  const known = new Set([...assigned, ...Object.keys(changed(given, after))]);
  const looked = [...known].filter((name) => new RegExp(`\\$\\{?[#!]?${name}\\b|-v\\s+${name}\\b`).test(text));
  const names = new Set([...looked, ...unset.filter((name) => /^[A-Za-z_]\w*$/.test(name))]);
  return [...names].filter((name) => !OURS.test(name) && given[name] === undefined).sort();
}

/**
 * @param set what the scripts have set or changed where the person has nothing
 * @param tried by name: what they leave where that variable has `OWN_VALUE`; undefined where they did not come to their end
 */
export function learn(set: Values, tried: ReadonlyMap<string, Values | undefined>): Learned {
  const out: Learned = { set: { ...set }, unset: [], extend: {}, odd: [] };
  for (const [name, after] of tried) {
    const [alone, value] = [set[name], after?.[name]];
    const parts = value?.split(OWN_VALUE) ?? [];
    if (after && value === undefined && alone === undefined) out.unset.push(name);
    else if (value === undefined || isTransformed(value)) out.odd.push(name);
    // The scripts' own affair: they export it to nobody who has none.
    else if (alone === undefined && (parts.length < 2 || value === OWN_VALUE)) continue;
    else if (value !== alone) {
      out.extend[name] = { of: name, parts, ...(alone !== undefined && { alone }) };
      delete out.set[name];
    }
  }
  return out;
}

/** Something of the value is left, in another form. */
const isTransformed = (value: string) => /swcli|own-value|2b7f1c/i.test(value.split(OWN_VALUE).join(""));

/**
 * Values that lie in the person's home, which is another one for who asks next.
 * @param after what the scripts leave where HOME is `link` instead of `home`
 */
export function learnHome(learned: Learned, after: Values, { home, link }: { home: string; link: string }): void {
  for (const [name, value] of Object.entries(learned.set)) {
    const parts = after[name]?.split(link) ?? [];
    if (after[name] === value) continue;
    if (parts.length < 2 || parts.join(home) !== value) learned.odd.push(name);
    else {
      learned.extend[name] = { of: "HOME", parts, alone: parts.join("") };
      delete learned.set[name];
    }
  }
  for (const [name, { of, alone }] of Object.entries(learned.extend)) {
    if (of !== "HOME" && after[name] !== alone) learned.odd.push(name);
  }
}

export interface PathChange {
  /** Entries before the person's. */
  path: string[];
  behind: string[];
}

/** What stands for the person's PATH: a mark, and folders with the programs that scripts need. */
export const pathWith = (bin: string): string => [bin, OWN_VALUE, ...SYSTEM].join(":");

const SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".split(":");

/** Where the scripts put their entries; those that can't be placed, since nothing is left of the mark, stand before. */
export function pathChange(left: string, bin: string): PathChange {
  const entries = [...new Set(left.split(":").filter((entry) => entry !== ""))];
  const at = entries.indexOf(OWN_VALUE);
  const path = at < 0 ? entries.filter((entry) => !SYSTEM.includes(entry)) : entries.slice(0, at);
  const behind = at < 0 ? [] : entries.slice(at + 1).filter((entry) => entry !== bin && !SYSTEM.includes(entry));
  return { path, behind };
}
