/**
 * What lies under a URI for hooked shells: `<activation>/by-uri/<uri as typed>/@/`, a line of data that one function of
 * the hook gets as its arguments, and what it is compared with: `ref` (a hard link to the runtime's ref: a new version,
 * tag or removal is another file) and `config` (an empty file with the config's time).
 * Pure text and names; written by core/env/hook-entries.ts. Tests: test/e2e/hook.test.ts
 */
import { fishQuote, posixQuote } from "#core/env/activation/quote.ts";

/** Grows when a hook that was loaded by an older binary would misread an entry. */
export const ENTRY_VERSION = 1;
export const ENTRY_FILE = `on${ENTRY_VERSION}`;
export const FISH_ENTRY_FILE = `${ENTRY_FILE}.fish`;

export interface HookEntry {
  /** The file of the runtime's ref. */
  readonly ref: string;
  /** Where the Python client would keep a runtime of that name; while it is there we don't know what it means. */
  readonly foreign: string;
  readonly config: string;
  readonly hasConfig: boolean;
  readonly site: string;
  readonly prefix: string;
  readonly name: string;
  readonly uri: string;
  /** The folder in which a file named by a shell's pid says, by its time, when that shell went into this environment. */
  readonly live: string;
}

/** In the order in which the functions of the hook read them. */
const argumentsOf = (entry: HookEntry): string[] => [
  entry.ref,
  entry.foreign,
  entry.config,
  entry.hasConfig ? "1" : "",
  entry.site,
  entry.prefix,
  entry.name,
  entry.uri,
  entry.live,
];

export const entryTexts = (entry: HookEntry): Record<string, string> => ({
  [ENTRY_FILE]: `_swrt_${ENTRY_FILE} ${argumentsOf(entry).map(posixQuote).join(" ")}\n`,
  [FISH_ENTRY_FILE]: `_swrt_${ENTRY_FILE} "$_SWRT_E" ${argumentsOf(entry).map(fishQuote).join(" ")}\n`,
});

/** The folder in a prefix that holds what was seen of it when it was ready. */
export const SEEN_FOLDER = ".swcli/seen";

/** What an unchanged environment has the times of: path by the name of its twin. */
export const seenPaths = (prefix: string, site: string): Record<string, string> => ({
  python: `${prefix}/bin/python`,
  bin: `${prefix}/bin`,
  site,
});
