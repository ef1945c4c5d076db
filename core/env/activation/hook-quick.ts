/**
 * The quick way in and out of a runtime in bash and zsh, for the usual case: nothing of ours or a venv's is in the shell,
 * and at the end nobody has changed what we set. It does what posix-script.ts does, which has every other case, in a
 * handful of commands: in a shell each command and each expansion is paid for.
 * Tests: test/e2e/hook.test.ts, test/e2e/hook-conda.test.ts
 */
import { HOOK_STATE, variableWords } from "#core/env/activation/plan-words.ts";
import { DIALECTS } from "#core/env/activation/posix-dialect.ts";
import { posixOff, posixOn, posixWord, promptOff } from "#core/env/activation/posix-script.ts";

type Shell = "bash" | "zsh";

const WORDS = variableWords();
const NAMES = WORDS.set.map(([name]) => name);

/** `_swrt_now PREFIX NAME URI` and what it needs. */
export function quickFunctions(shell: Shell): string[] {
  return [
    ...define("_swrt_now", nowBody(shell)),
    ...define("_swrt_hook_on", posixOn(WORDS, shell)),
    ...define("_swrt_hook_off", offBody(shell)),
    ...define("_swrt_hook_careful_off", posixOff(WORDS, shell)),
    ...define("_swrt_hook_word", posixWord(WORDS, shell)),
    ...define("_swrt_conda", condaBody(shell)),
  ];
}

const define = (name: string, body: readonly string[]) => [`function ${name} {`, ...body, "}"];

/** A function's body is copied each time it is defined: these are short, and their work is defined once. */
const SHORT = [
  ...define("_swrt_off", ['_swrt_hook_off "$@"']),
  ...define("deactivate", ["_swrt_hook_off deactivate"]),
  ...define(WORDS.mode, ['_swrt_hook_word "$@"']),
];

/** `_SWRT_U`: the URI, known to be that of the prefix `_SWRT_P` of the runtime `_SWRT_n`. */
export const quickOn = (shell: Shell) => [
  "_SWRT_PREFIX=$_SWRT_P _SWRT_NAME=$_SWRT_n _SWRT_URI=$_SWRT_U _SWRT_PATH=$PATH _SWRT_LIVE=$$ PATH=$_SWRT_P/bin:$PATH",
  `export ${WORDS.set.map(([name, word]) => `${name}=${word}`).join(" ")}`,
  `if [[ -n \${PS1+x} && -z \${VIRTUAL_ENV_DISABLE_PROMPT-} && ${PROMPT_FREE[shell]} ]]; then _SWRT_MARK=1 PS1="($_SWRT_n) $PS1"; fi`,
  ...SHORT,
];

/**
 * A conda runtime whose scripts are rendered: entered when nothing has changed of what its difference was worked out from.
 * Sees the variables of `swcli`; false to ask.
 */
const condaBody = (shell: Shell) => [
  `local _SWRT_DIR _SWRT_FILE _SWRT_AT=0 _SWRT_TWINS="$_SWRT_E/in.${shell}"`,
  `if [[ ! -r $_SWRT_E/conda.${shell} ]]; then return 1; fi`,
  "{ IFS= read -r _SWRT_DIR || return 1; while IFS= read -r _SWRT_FILE; do",
  "if [[ ! -e $_SWRT_FILE ]]; then if [[ -e $_SWRT_TWINS/$_SWRT_AT ]]; then return 1; fi",
  "elif [[ ! -e $_SWRT_TWINS/$_SWRT_AT || $_SWRT_FILE -nt $_SWRT_TWINS/$_SWRT_AT || $_SWRT_FILE -ot $_SWRT_TWINS/$_SWRT_AT ]]; then return 1; fi",
  `_SWRT_AT=$((_SWRT_AT + 1)); done; } <"$_SWRT_E/conda.${shell}"`,
  `if [[ ! -r $_SWRT_DIR/activate.${shell} ]]; then return 1; fi`,
  `. "$_SWRT_DIR/activate.${shell}"`,
];

/** The unusual cases: what is active is left first. */
const nowBody = (shell: Shell) => [
  `if [[ \${_SWRT_LIVE-} == $$ ]]; then _swrt_off || :; fi`,
  HOOK_STATE.map((name, i) => `${DIALECTS[shell].global}${name}=$${i + 1}`).join("; "),
  "_swrt_hook_on",
  ...SHORT,
  `${DIALECTS[shell].global}_SWRT_LIVE=$$`,
];

/** As the dialect's `promptFree`, in one expression. */
const PROMPT_FREE: Readonly<Record<Shell, string>> = {
  bash: "${STARSHIP_SHELL-} != bash && ${POSH_SHELL_VERSION-} != $BASH_VERSION",
  zsh: "${STARSHIP_SHELL-} != zsh && ${POSH_SHELL_VERSION-} != $ZSH_VERSION && -z ${functions[p10k]+x}",
};

// Whoever sets one of our three variables sets this one: each look at one that is not there takes a microsecond or two.
const LAST_OF_OURS = "SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL";

/**
 * Nothing to keep: PATH is set and exported, our variables are not there, nobody has functions or aliases of our names, and
 * it is no conda runtime (`_SWRT_k`).
 */
export function usual(shell: Shell): string {
  // Taking the trace attribute off a function is the one question after it that bash answers without a word.
  const none = ["VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT", LAST_OF_OURS, ...WORDS.unset]
    .map((name) => `\${${name}+x}`)
    .join("");
  const free = `-n \${PATH-} && $_SWRT_k\${_SWRT_LIVE-}${none}`;
  return shell === "bash"
    ? `[[ ${free}\${BASH_ALIASES[deactivate]+x}\${BASH_ALIASES[${WORDS.mode}]+x} == 0 && \${PATH@a} == *x* ]] && ! declare -f +t deactivate && ! declare -f +t ${WORDS.mode}`
    : `[[ ${free}\${functions[deactivate]+x}\${functions[${WORDS.mode}]+x}\${aliases[deactivate]+x}\${aliases[${WORDS.mode}]+x} == 0 && \${(t)PATH} == *export* ]]`;
}

const valuesNow = NAMES.map((name) => `\${${name}-}`).join(":");
const valuesSet = WORDS.set.map(([, word]) => word.replaceAll('"', "")).join(":");
const pathSet = `${WORDS.path[0]?.replaceAll('"', "")}:$_SWRT_PATH`;

const offBody = (shell: Shell) => [
  ...(shell === "zsh" ? ["emulate -L zsh"] : []),
  `if [[ -z \${_SWRT_RARE-}\${_SWRT_NEW-} && \${PATH-} == "${pathSet}" && ${valuesNow} == "${valuesSet}" ]]; then`,
  'PATH=$_SWRT_PATH; _SWRT_L+=("$_SWRT_PREFIX")',
  promptOff(WORDS),
  `unset ${[...NAMES, ...HOOK_STATE, "_SWRT_LIVE", "_SWRT_PATH", "_SWRT_MARK", "_SWRT_BY_CD"].join(" ")}`,
  `unset -f deactivate ${WORDS.mode} _swrt_off${shell === "zsh" ? " 2>/dev/null || :" : ""}`,
  `else if [[ -z \${_SWRT_NEW-} ]]; then ${DIALECTS[shell].global}_SWRT_NEW="${pathSet}:${valuesSet}"; fi`,
  '_swrt_hook_careful_off "$@"; fi',
];
