/**
 * The functions that `swcli shell init bash|zsh` loads once into a shell: with them a ready, unchanged runtime is activated
 * from a line of data (hook-entry.ts) by builtins only; for everything else the binary is asked.
 * Contract: as posix-script.ts. Leaves `swcli`, `_swrt_*` functions, `_SWRT_BIN` and `_SWRT_ROOT` in the shell for good.
 * Tests: test/e2e/hook.test.ts
 */
import { cdLines } from "#core/env/activation/cd-script.ts";
import { ENTRY_FILE, SEEN_FOLDER } from "#core/env/activation/hook-entry.ts";

import { quickFunctions, quickOn } from "#core/env/activation/hook-quick.ts";
import { DIALECTS } from "#core/env/activation/posix-dialect.ts";

import { posixQuote as q } from "#core/env/activation/quote.ts";

export interface HookInput {
  /** Absolute path of the binary; where it has gone the PATH is searched. */
  readonly swcli: string;
  /** The store that is used where SW_LOCAL_STORAGE names no other. */
  readonly root: string;
  /** Also enter runtimes by `cd`. */
  readonly cd: boolean;
}

export type HookShell = "bash" | "zsh";

/** For `eval "$(swcli shell init bash)"` in a start file. */
export function hookScript(input: HookInput, shell: HookShell): string {
  const g = DIALECTS[shell].global;
  const lines = [
    `${g}_SWRT_BIN=${q(input.swcli)}`,
    `${g}_SWRT_ROOT=${q(input.root)}`,
    ...define("_swrt_bin", ['if [[ -x $_SWRT_BIN ]]; then "$_SWRT_BIN" "$@"; else command swcli "$@"; fi']),
    ...define("swcli", SWCLI),
    ...define("_swrt_ask", askBody(shell)),
    ...entryLines(shell),
    ...quickFunctions(shell),
    ...(input.cd ? cdLines(shell) : []),
  ];
  return `${WRAP[shell](lines).join("\n")}\n`;
}

const define = (name: string, body: readonly string[]) => [`function ${name} {`, ...body, "}"];

/** Aliases of the user's must not be read into our functions, nor zsh's options change what they mean. */
const WRAP: Readonly<Record<HookShell, (lines: string[]) => string[]>> = {
  bash: (lines) => [
    'case "${BASHOPTS-}" in *expand_aliases*) shopt -u expand_aliases; _SWRT_N=1;; *) _SWRT_N=;; esac',
    ...lines,
    'if [ -n "$_SWRT_N" ]; then shopt -s expand_aliases; fi; unset _SWRT_N',
  ],
  zsh: (lines) => [`emulate zsh -o no_aliases -c ${q(lines.join("\n"))}`],
};

/** Whatever else a word holds that is no URI: there is no such folder. */
const SWCLI = [
  'case "${1-}:${2-}:$#" in',
  'runtime:act*:3|rt:act*:3) local _SWRT_E="${SW_LOCAL_STORAGE:-$_SWRT_ROOT}/.store/v1/activation/by-uri/$3/@"',
  `if [[ $3 == *..* || ! -r $_SWRT_E/${ENTRY_FILE} ]] || ! . "$_SWRT_E/${ENTRY_FILE}"; then _swrt_ask "$3"; fi;;`,
  'runtime:act*|rt:act*) shift 2; _swrt_ask "$@";;',
  'runtime:allow:2|rt:allow:2) unset _SWRT_PWD; _swrt_bin "$@" "$PWD";;',
  "deactivate::1) if [[ ${_SWRT_LIVE-} == $$ ]]; then _swrt_off deactivate; else _swrt_bin deactivate; fi;;",
  '*) _swrt_bin "$@";;',
  "esac",
];

const askBody = (shell: HookShell) => [
  'case " $* " in *" --help "*|*" -h "*) _swrt_bin runtime activate "$@"; return;; esac',
  "local _SWRT_TEXT",
  `_SWRT_TEXT="$(_swrt_bin shell enter --shell ${shell} --pid $$ "$@")" || return`,
  'eval "$_SWRT_TEXT"',
];

/** The quick way needs bash 5; an older one (macOS has 3.2) can't even read it, and asks each time. */
function entryLines(shell: HookShell): string[] {
  const lines = define(`_swrt_${ENTRY_FILE}`, entryBody(shell));
  if (shell === "zsh") return lines;
  return [
    `if (( BASH_VERSINFO[0] < 5 )); then function _swrt_${ENTRY_FILE} { return 1; }`,
    `else eval ${q(lines.join("\n"))}; fi`,
  ];
}

/** Is what an entry says still true? `-ef` with a hard link notices every new file, equal times every other change. */
const entryBody = (shell: HookShell) => [
  `if [[ $1 -ef $_SWRT_E/ref && ! -e $2 && \${SW_CLI_CONFIG:-\${HOME-}/.config/starwhale/config.yaml} == "$3"`,
  `&& ( -z $4 && ! -e $3 || -n $4 && ${sameTime(shell, "$3", "$_SWRT_E/config")} )`,
  `&& ${sameTime(shell, "$6/bin/python", `$6/${SEEN_FOLDER}/python`)}`,
  // What is done in a folder makes it newer; only another base interpreter may be older than the one that was seen.
  `&& ! $6/bin -nt $6/${SEEN_FOLDER}/bin && ! $5 -nt $6/${SEEN_FOLDER}/site`,
  '&& -w $9 ]] && true >|"$9/$$"; then :; else return 1; fi',
  ...quickOn(shell, ["$6", "$7", "$8"]),
];

/** bash calls a file newer than none; zsh answers both questions with no then. */
const sameTime = (shell: HookShell, path: string, twin: string) =>
  `${shell === "zsh" ? `-e ${path} && -e ${twin} && ` : ""}! ${path} -nt ${twin} && ! ${path} -ot ${twin}`;
