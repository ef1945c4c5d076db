/**
 * The functions that `swcli shell init bash|zsh` loads once into a shell: with them a ready, unchanged runtime is activated
 * from a line of data (hook-entry.ts) by builtins only; for everything else the binary is asked.
 * Contract: as posix-script.ts. Leaves `swcli`, `_swrt_*` functions, `_SWRT_BIN`, `_SWRT_ROOT` and what is known of the last URI
 * (`_SWRT_` and one letter) in the shell for good: the hook's own, there from its loading on.
 * Tests: test/e2e/hook.test.ts
 */
import { activateWords } from "#core/env/activation/activate-words.ts";
import { cdLines, LOOK_AGAIN } from "#core/env/activation/cd-script.ts";
import { configTwin, ENTRY_FILE, markerTwin, refTwin, SEEN_FOLDER } from "#core/env/activation/hook-entry.ts";
import { inheritedLines } from "#core/env/activation/hook-inherited.ts";
import { DEPTH, LIVE_FOLDER, leaveLines, markIn, markLines, OWN_PID } from "#core/env/activation/hook-marks.ts";
import { forgetNote, noteLines } from "#core/env/activation/hook-notes.ts";
import { quickFunctions, quickOn, usual } from "#core/env/activation/hook-quick.ts";
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
    ...markLines(q(input.root)),
    `${g}_SWRT_BIN=${q(input.swcli)}`,
    `${g}_SWRT_ROOT=${q(input.root)}`,
    ...define("_swrt_bin", BIN),
    `${g}${KNOWN.map((name) => `${name}=`).join(" ")}`,
    ...swcliLines(shell),
    ...define("_swrt_look", lookBody(shell)),
    ...define("_swrt_other", otherBody(shell)),
    ...define("_swrt_globals", GLOBALS),
    ...define("_swrt_ask", askBody(shell)),
    ...quickFunctions(shell),
    ...inheritedLines(shell),
    ...leaveLines(shell),
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

/** A pattern of `case`: `runtime:activate` in all its spellings, followed by `end`. */
const activating = (end: string) =>
  activateWords(":")
    .map((words) => `${words}:${end}`)
    .join("|");

const otherBody = (shell: HookShell) => [
  // Who asks here may ask who is where. In a sub-shell what is known of the mark would be lost with it.
  `if [[ -n \${_SWRT_L-} && ${DEPTH[shell]} == 0 ]]; then _swrt_leave; fi`,
  'case "${1-}:${2-}:$#" in',
  `${activating("*")}) shift 2; _swrt_ask "$@";;`,
  `runtime:allow:*|rt:allow:*) _swrt_bin "$@" || return; ${LOOK_AGAIN};;`,
  "deactivate::1) if [[ ${_SWRT_LIVE-} == $$ ]]; then _swrt_off deactivate",
  "elif [[ -n ${SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL-} ]]; then _swrt_off_inherited; else _swrt_bin deactivate; fi;;",
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
  `${activating("*")}) _swrt_ask "$@";;`,
  `runtime:allow:*|rt:allow:*) _swrt_bin "\${_SWRT_ALL[@]}" || return; ${LOOK_AGAIN};;`,
  "deactivate:0) _swrt_other deactivate;;",
  '*) _swrt_bin "${_SWRT_ALL[@]}";;',
  "esac",
];

const askBody = (shell: HookShell) => [
  'case " $* " in *" --help "*|*" -h "*) _swrt_bin runtime activate "$@"; return;; esac',
  "local _SWRT_TEXT",
  OWN_PID[shell],
  `_SWRT_TEXT="$(_swrt_bin \${_SWRT_G[@]+"\${_SWRT_G[@]}"} shell enter --shell ${shell} --pid $_SWRT_I "$@")" || return`,
  'eval "$_SWRT_TEXT"',
];

/** The quick way needs bash 5; an older one (macOS has 3.2) can't even read it, and asks each time. */
function swcliLines(shell: HookShell): string[] {
  const lines = define("swcli", swcliBody(shell));
  if (shell === "zsh") return lines;
  return [
    'if (( BASH_VERSINFO[0] < 5 )); then function swcli { _swrt_other "$@"; }',
    `else eval ${q(lines.join("\n"))}; fi`,
  ];
}

/**
 * Activates when what is known of a URI still holds. `-ef` with a hard link notices every new file, equal times every other
 * change; what is done in a folder makes it newer, only another base interpreter may be older than the one that was seen.
 * What was read of the last URI is kept: a shell pays for each command and most for local variables.
 */
const swcliBody = (shell: HookShell) => [
  `case "\${1-}:\${2-}:$#" in ${activating("3")}) ;; *) _swrt_other "$@"; return;; esac`,
  // `[[` would call two names equal that differ in case, where somebody has set nocasematch.
  `if ! [ "${asked(shell)}" = "$_SWRT_K" ]; then`,
  `if [ "${asked(shell)}+" = "$_SWRT_K" ] && [[ -w $_SWRT_M ]] && ${markIn(shell)}; then _SWRT_K=\${_SWRT_K%+}; else _swrt_look "$3"; fi`,
  "fi",
  "if [[ -e $_SWRT_D && -e $_SWRT_M && $_SWRT_T -ef $_SWRT_F && $_SWRT_X -ef $_SWRT_J && ! -e $_SWRT_O",
  `&& ( $_SWRT_c == 0 && ! -e ${CONFIG} || $_SWRT_c != 0 && -e ${CONFIG} && ${sameTime(shell, CONFIG, `$_SWRT_E/${configTwin("$_SWRT_c")}`)} )`,
  `&& ${sameTime(shell, "$_SWRT_P/bin/python", `$_SWRT_P/${SEEN_FOLDER}/python`)}`,
  "&& ( $_SWRT_k == 1 || -e $_SWRT_P/pyvenv.cfg ) && -e $_SWRT_S",
  `&& ! $_SWRT_S -nt $_SWRT_P/${SEEN_FOLDER}/site && ! $_SWRT_P/bin -nt $_SWRT_P/${SEEN_FOLDER}/bin ]]; then`,
  `if ${usual(shell)}; then`,
  ...quickOn(shell),
  'elif [[ $_SWRT_k == 0 ]]; then _swrt_now "$_SWRT_P" "$_SWRT_n" "$_SWRT_U"',
  'else _swrt_conda || _swrt_ask "$3"; fi',
  'else _SWRT_K=; _swrt_ask "$3"; fi',
];

/** `_SWRT_K` of what is asked for. */
const asked = (shell: HookShell) => `$3:\${SW_LOCAL_STORAGE:-$_SWRT_ROOT}:${DEPTH[shell]}`;

/** What is known of a URI: the words of its entry (hook-entry.ts) and the paths that they make. */
export const KNOWN = [..."pnveyrmck", ..."KEFTOPJXSUMD"].map((letter) => `_SWRT_${letter}`);

/**
 * Reads a URI's entry; without one there is no twin of a ref, which no ref is. The shell's mark comes before anything of the
 * environment is looked at, so that gc knows of it: without the environment's door (`_SWRT_D`) somebody is removing it, and
 * when that is gone afterwards somebody began just then.
 */
const lookBody = (shell: HookShell) => [
  'local _SWRT_R="${SW_LOCAL_STORAGE:-$_SWRT_ROOT}"',
  OWN_PID[shell],
  "_SWRT_K= _SWRT_T= _SWRT_F= _SWRT_k= _SWRT_E=$_SWRT_R/.store/v1/activation/by-uri/$1/@",
  "if [[ $_SWRT_R != /* || $1 == [./]* || $1 == */ || $1 == *//* || $1 == */.* || $1 == *..* ]]; then return 0; fi",
  // A power cut may leave a file without its text; its last word is there when all are.
  `if [[ ! -r $_SWRT_E/${ENTRY_FILE} ]] || ! . "$_SWRT_E/${ENTRY_FILE}" || [[ -z $_SWRT_k ]]; then return 0; fi`,
  `_SWRT_M=$_SWRT_R/${LIVE_FOLDER}/$_SWRT_I _SWRT_D=$_SWRT_R/${LIVE_FOLDER}/$_SWRT_e`,
  `if ! [[ -w $_SWRT_D && ( -w $_SWRT_M || ! -e $_SWRT_M ) ]] || ! ${markIn(shell)}; then return 0; fi`,
  "_SWRT_P=$_SWRT_R/.envs/$_SWRT_e _SWRT_J=$_SWRT_R/.envs/${_SWRT_e%-*}.json",
  `_SWRT_X=$_SWRT_E/${markerTwin("$_SWRT_m")}`,
  "_SWRT_S=$_SWRT_P/lib/python$_SWRT_y/site-packages _SWRT_O=$_SWRT_R/$_SWRT_p/runtime/$_SWRT_n",
  "_SWRT_U=local/project/$_SWRT_p/runtime/$_SWRT_n/version/$_SWRT_v",
  `_SWRT_T=$_SWRT_E/${refTwin("$_SWRT_r")} _SWRT_F=$_SWRT_R/.store/v1/refs/$_SWRT_p/$_SWRT_n.json _SWRT_K=$1:$_SWRT_R:${DEPTH[shell]}`,
];

const CONFIG = "${SW_CLI_CONFIG:-${HOME-}/.config/starwhale/config.yaml}";

/** bash calls a file newer than none, and none as new as none; zsh answers every question about none with no. */
const sameTime = (shell: HookShell, path: string, twin: string) =>
  `${shell === "zsh" ? `-e ${path} && -e ${twin} && ` : ""}! ${path} -nt ${twin} && ! ${path} -ot ${twin}`;
