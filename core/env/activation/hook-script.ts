/**
 * The functions that `swcli shell init bash|zsh` loads once into a shell: with them a ready, unchanged runtime is activated
 * from a line of data (hook-entry.ts) by builtins only; for everything else the binary is asked.
 * Contract: as posix-script.ts. Leaves `swcli`, `_swrt_*` functions, `_SWRT_BIN` and `_SWRT_ROOT` in the shell for good.
 * Tests: test/e2e/hook.test.ts
 */
import { cdLines } from "#core/env/activation/cd-script.ts";
import { ENTRY_FILE, SEEN_FOLDER } from "#core/env/activation/hook-entry.ts";
import { forgetNote, noteLines } from "#core/env/activation/hook-notes.ts";
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
    ...forgetNote(q(input.root)),
    `${g}_SWRT_BIN=${q(input.swcli)}`,
    `${g}_SWRT_ROOT=${q(input.root)}`,
    ...define("_swrt_bin", BIN),
    ...define("swcli", SWCLI),
    ...define("_swrt_other", OTHER),
    ...define("_swrt_globals", GLOBALS),
    ...define("_swrt_ask", askBody(shell)),
    ...quickLines(shell),
    ...quickFunctions(shell),
    ...noteLines(shell),
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

/** SWCLI_SHELL is where a job of this shell leaves its note. */
const BIN = [
  'if [[ -x $_SWRT_BIN ]]; then SWCLI_SHELL=$$ "$_SWRT_BIN" "$@"; else SWCLI_SHELL=$$ command swcli "$@"; fi',
];

/** A shell copies a function's text at each call: what is rare stands in another. */
const SWCLI = [
  'case "${1-}:${2-}:$#" in',
  'runtime:act*:3|rt:act*:3) _swrt_quick "$3" || _swrt_ask "$3";;',
  '*) _swrt_other "$@";;',
  "esac",
];

const OTHER = [
  'case "${1-}:${2-}:$#" in',
  'runtime:act*|rt:act*) shift 2; _swrt_ask "$@";;',
  'runtime:allow:2|rt:allow:2) unset _SWRT_PWD; _swrt_bin "$@" "$PWD";;',
  "deactivate::1) if [[ ${_SWRT_LIVE-} == $$ ]]; then _swrt_off deactivate; else _swrt_bin deactivate; fi;;",
  '-*|runtime:-*|rt:-*) _swrt_globals "$@";;',
  '*) _swrt_bin "$@";;',
  "esac",
];

/** Global options before the verb: those that say how to talk are passed on, the format of the answer is ours. */
const GLOBALS = [
  'local -a _SWRT_ALL _SWRT_G; _SWRT_ALL=("$@") _SWRT_G=()',
  "local _SWRT_W=",
  'while [[ $# -gt 0 && $_SWRT_W != *:* && $_SWRT_W != deactivate ]]; do case "$1" in',
  "-h|--help|--version) break;;",
  '--color) _SWRT_G+=("$1" "${2-}"); shift;;',
  "-o|--output) shift;;",
  "-o*|--output=*) ;;",
  '-*) _SWRT_G+=("$1");;',
  '*) _SWRT_W="${_SWRT_W:+$_SWRT_W:}$1";;',
  "esac; if [[ $# -gt 0 ]]; then shift; fi; done",
  'case "$_SWRT_W:$#" in',
  'runtime:act*|rt:act*) _swrt_ask "$@";;',
  'runtime:allow:0|rt:allow:0) unset _SWRT_PWD; _swrt_bin "${_SWRT_ALL[@]}" "$PWD";;',
  "deactivate:0) _swrt_other deactivate;;",
  '*) _swrt_bin "${_SWRT_ALL[@]}";;',
  "esac",
];

const askBody = (shell: HookShell) => [
  'case " $* " in *" --help "*|*" -h "*) _swrt_bin runtime activate "$@"; return;; esac',
  "local _SWRT_TEXT",
  `_SWRT_TEXT="$(_swrt_bin \${_SWRT_G[@]+"\${_SWRT_G[@]}"} shell enter --shell ${shell} --pid $$ "$@")" || return`,
  'eval "$_SWRT_TEXT"',
];

/** The quick way needs bash 5; an older one (macOS has 3.2) can't even read it, and asks each time. */
function quickLines(shell: HookShell): string[] {
  const lines = define("_swrt_quick", quickBody(shell));
  if (shell === "zsh") return lines;
  return [
    "if (( BASH_VERSINFO[0] < 5 )); then function _swrt_quick { return 1; }",
    `else eval ${q(lines.join("\n"))}; fi`,
  ];
}

/**
 * Activates when what is known of a URI still holds. `-ef` with a hard link notices every new file, equal times every other
 * change; what is done in a folder makes it newer, only another base interpreter may be older than the one that was seen.
 * Last the shell's mark, so that gc knows of it; without the folder for it somebody is removing the environment, and when it
 * is gone again somebody began just then.
 */
const quickBody = (shell: HookShell) => [
  'local p n v e y R="${SW_LOCAL_STORAGE:-$_SWRT_ROOT}" C="${SW_CLI_CONFIG:-${HOME-}/.config/starwhale/config.yaml}"',
  'local E="$R/.store/v1/activation/by-uri/$1/@"',
  `if [[ $R != /* || $1 == *..* || ! -r $E/${ENTRY_FILE} ]] || ! . "$E/${ENTRY_FILE}"; then return 1; fi`,
  'local P="$R/.envs/$e" L="$R/.store/v1/activation/live/$e"',
  "if [[ $E/ref -ef $R/.store/v1/refs/$p/$n.json && ! -e $R/$p/runtime/$n",
  `&& ( ${shell === "zsh" ? "! -e $C && ! -e $E/config || " : ""}${sameTime(shell, "$C", "$E/config")} )`,
  `&& ${sameTime(shell, "$P/bin/python", `$P/${SEEN_FOLDER}/python`)}`,
  `&& ! $P/lib/python$y/site-packages -nt $P/${SEEN_FOLDER}/site`,
  '&& -w $L ]] && true >|"$L/$$" && [[ -e $L/$$ ]]; then :; else return 1; fi',
  ...quickOn(shell),
];

/** bash calls a file newer than none, and none as new as none; zsh answers every question about none with no. */
const sameTime = (shell: HookShell, path: string, twin: string) =>
  `${shell === "zsh" ? `-e ${path} && -e ${twin} && ` : ""}! ${path} -nt ${twin} && ! ${path} -ot ${twin}`;
