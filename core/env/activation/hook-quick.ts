/**
 * The quick way in and out of a runtime in bash and zsh, for the usual case: nothing of ours or a venv's is in the shell,
 * and at the end nobody has changed what we set. It does what posix-script.ts does, which has every other case, in a
 * handful of commands: in a shell each command and each expansion is paid for.
 * Tests: test/e2e/hook.test.ts, test/unit/core/env/activation/hook-script.test.ts
 */
import { HOOK_STATE, variableWords } from "#core/env/activation/plan-words.ts";
import { DIALECTS } from "#core/env/activation/posix-dialect.ts";
import { posixOff, posixOn, posixWord } from "#core/env/activation/posix-script.ts";

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
    ...define("_swrt_hook_word", posixWord(WORDS)),
  ];
}

const define = (name: string, body: readonly string[]) => [`function ${name} {`, ...body, "}"];

/** A function's body is copied each time it is defined: these are short, and their work is defined once. */
const SHORT = [
  ...define("_swrt_off", ['_swrt_hook_off "$@"']),
  ...define("deactivate", ["_swrt_hook_off deactivate"]),
  ...define(WORDS.mode, ['_swrt_hook_word "$@"']),
];

/** What `_swrt_quick` does with a prefix `P` of version `v` of runtime `n` of project `p`, known to be right. */
export const quickOn = (shell: Shell) => [
  `if ${usual(shell)}; then`,
  "_SWRT_PREFIX=$P _SWRT_NAME=$n _SWRT_URI=local/project/$p/runtime/$n/version/$v _SWRT_PATH=$PATH _SWRT_LIVE=$$",
  `export PATH=$P/bin:$PATH ${WORDS.set.map(([name, word]) => `${name}=${word}`).join(" ")}`,
  `if [[ -n \${PS1+x} && -z \${VIRTUAL_ENV_DISABLE_PROMPT-} && ${PROMPT_FREE[shell]} ]]; then _SWRT_MARK=1 PS1="($n) $PS1"; fi`,
  ...SHORT,
  'else _swrt_now "$P" "$n" "local/project/$p/runtime/$n/version/$v"; fi',
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

/** Nothing to keep: PATH is set and exported, our variables are not there, nobody has functions of our names. */
function usual(shell: Shell): string {
  // Taking the trace attribute off a function is the one question after it that bash answers without a word.
  const none = ["VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT", LAST_OF_OURS, ...WORDS.unset]
    .map((name) => `\${${name}+x}`)
    .join("");
  const stale = "${_SWRT_LIVE-}";
  return shell === "bash"
    ? `[[ -n \${PATH-} && -z ${stale}${none} && \${PATH@a} == *x* && ! -v BASH_ALIASES[deactivate] ]] && ! declare -f +t deactivate && ! declare -f +t ${WORDS.mode}`
    : `[[ -n \${PATH-} && -z ${stale}${none}\${functions[deactivate]+x}\${functions[${WORDS.mode}]+x}\${aliases[deactivate]+x} && \${(t)PATH} == *export* ]]`;
}

const valuesNow = NAMES.map((name) => `\${${name}-}`).join(":");
const valuesSet = WORDS.set.map(([, word]) => word.replaceAll('"', "")).join(":");
const pathSet = `${WORDS.path[0]?.replaceAll('"', "")}:$_SWRT_PATH`;

const offBody = (shell: Shell) => [
  ...(shell === "zsh" ? ["emulate -L zsh"] : []),
  `if [[ -z \${_SWRT_RARE-}\${_SWRT_NEW-} && \${PATH-} == "${pathSet}" && ${valuesNow} == "${valuesSet}" ]]; then`,
  "PATH=$_SWRT_PATH",
  `if [[ -n \${_SWRT_MARK-} && \${PS1-} == ${WORDS.mark}* ]]; then PS1=\${PS1#${WORDS.mark}}; fi`,
  `unset ${[...NAMES, ...HOOK_STATE, "_SWRT_LIVE", "_SWRT_PATH", "_SWRT_MARK"].join(" ")}`,
  `unset -f deactivate ${WORDS.mode} _swrt_off${shell === "zsh" ? " 2>/dev/null || :" : ""}`,
  `else if [[ -z \${_SWRT_NEW-} ]]; then ${DIALECTS[shell].global}_SWRT_NEW="${pathSet}:${valuesSet}"; fi`,
  '_swrt_hook_careful_off "$@"; fi',
];
