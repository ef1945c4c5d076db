/**
 * What lies under a URI for hooked shells: `<activation>/by-uri/<uri as typed>/@/`, one line of data, and what the world is
 * compared with: `ref-<file>` and `env-<file>` (hard links to the runtime's ref and the environment's marker: a new version,
 * tag or removal, an environment made anew is another file) and `config-<time>` (an empty file with the config's time). The
 * line names them, so that what it says is never held against what somebody wrote later. For a conda runtime also what
 * conda-change.ts read, by shell: `conda.<shell>` (the folder of rendered scripts, then one path a line) and `in.<shell>/<n>`, the twin of the nth path.
 * Pure text and names; written by core/env/hook-entries.ts. Tests: test/e2e/hook.test.ts
 */

/** Its number grows when a hook that was loaded by an older binary would misread it. */
export const ENTRY_FILE = "on5";

/** Words without blanks or quotes: names, a version id, the folder of an environment, `3.11`. */
export interface HookEntry {
  readonly project: string;
  readonly name: string;
  readonly version: string;
  /** Below the folder of environments. */
  readonly env: string;
  readonly python: string;
  /** The ref that it was taken under: the number and time of its file. */
  readonly ref: string;
  /** The marker of the environment, likewise. */
  readonly marker: string;
  /** The time of the config file that it was taken under, in nanoseconds; 0 when there was none. */
  readonly config: string;
  /** Whether `conda.<shell>` has the rest. */
  readonly conda: "0" | "1";
}

/** Assignments of one command, which bash and zsh read quickest by sourcing; fish takes the words behind the `=`. */
export const entryText = ({ project, name, version, env, python, ref, marker, config, conda }: HookEntry): string =>
  `_SWRT_p=${project} _SWRT_n=${name} _SWRT_v=${version} _SWRT_e=${env} _SWRT_y=${python} _SWRT_r=${ref} _SWRT_m=${marker} _SWRT_c=${config} _SWRT_k=${conda}\n`;

/** What no entry is made of; a path would lead them to the entry of another URI. */
export const ODD_URI = "^[./]|/$|//|/[.]|[.][.]";

/** Nothing but what can stand in a word of a shell as it is. */
export const isEntry = (entry: HookEntry): boolean =>
  Object.values(entry).every((word) => /^[A-Za-z0-9_.-]+$/.test(word));

export const refTwin = (ref: string): string => `ref-${ref}`;

export const markerTwin = (marker: string): string => `env-${marker}`;

export const configTwin = (config: string): string => `config-${config}`;

/** The folder in a prefix that holds what was seen of it when it was ready. */
export const SEEN_FOLDER = ".swcli/seen";

/** What an unchanged environment has the times of: path by the name of its twin. */
export const seenPaths = (prefix: string, site: string): Record<string, string> => ({
  python: `${prefix}/bin/python`,
  bin: `${prefix}/bin`,
  site,
});
