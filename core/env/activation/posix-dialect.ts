/**
 * What differs between bash, zsh and a plain POSIX shell when our functions come and go: how a function is defined,
 * and how one of the same name that was there before is kept and given back. Knows nothing of variables or PATH's entries.
 * Tests: test/unit/core/env/activation/posix-script.test.ts
 */

export type PosixShell = "bash" | "zsh" | "sh";

export interface Dialect {
  define(name: string, body: string[]): string[];
  /** Before an assignment that makes a variable; zsh may warn of those made inside a function that sources us. */
  global: string;
  /** First lines of `_swrt_off`. */
  head: string[];
  /** A condition: somebody else has a function or an alias `deactivate` or `word`. Starts no process. */
  taken(word: string): string | undefined;
  /** Keeps them; rare, so one fork each is allowed. */
  keep(word: string): string[];
  /** A condition, asked only when something else has changed since: does `deactivate` still have our text? */
  ours: string;
  /** Runs the alias `word` that was kept, which may itself begin with that word. */
  viaAlias: string | undefined;
  /** Gives the outer `deactivate` and the outer `word` back. */
  giveBackOff: string[];
  giveBackWord(word: string): string[];
  /** Remembers that PATH was not exported, and undoes our export. */
  pathLocal: { test: string; undo: string } | undefined;
  /** A condition: nobody else draws the prompt and shows VIRTUAL_ENV_PROMPT in it. */
  promptFree: string;
  /** Forgets where commands were found, where assigning PATH alone does not. */
  rehash: string[];
}

/** State of the functions that we cover; unset when they are given back. */
export const FUNCTION_STATE = ["_SWRT_FN_OFF", "_SWRT_FN_WORD", "_SWRT_ALIAS", "_SWRT_ALIAS_WORD"];

const VIA_ALIAS = 'local _SWRT_ALIASED=1; eval "$_SWRT_ALIAS_WORD \\"\\$@\\""';
const aliasBack = (word: string) => `if [ -n "\${_SWRT_ALIAS_WORD-}" ]; then alias ${word}="$_SWRT_ALIAS_WORD"; fi`;

// `function` keeps bash and zsh from expanding an alias of the same name; a plain POSIX shell has only the other form.
const keyword = (name: string, body: string[]) => [`function ${name} {`, ...body, "}"];

const bash: Dialect = {
  define: keyword,
  global: "",
  head: [],
  taken: (word) =>
    `{ declare -F deactivate || declare -F ${word} || alias deactivate || alias ${word}; } >/dev/null 2>&1`,
  keep: (word) => [
    "_SWRT_FN_OFF=$(declare -f deactivate || :)",
    `_SWRT_FN_WORD=$(declare -f ${word} || :)`,
    "_SWRT_ALIAS=$(alias deactivate 2>/dev/null || :)",
    `_SWRT_ALIAS_WORD=$(alias ${word} 2>/dev/null || :)`,
    'eval "_SWRT_ALIAS_WORD=${_SWRT_ALIAS_WORD#*=}"',
    `unalias deactivate ${word} 2>/dev/null || :`,
    `if [ -n "$_SWRT_FN_WORD" ]; then eval "function _swrt_outer\${_SWRT_FN_WORD#${word}}"; fi`,
  ],
  ours: "[[ $(declare -f deactivate) == *_swrt_off* ]]",
  giveBackOff: [
    'if [ -n "${_SWRT_FN_OFF-}" ]; then eval "function $_SWRT_FN_OFF"; fi',
    'if [ -n "${_SWRT_ALIAS-}" ]; then eval "$_SWRT_ALIAS"; fi',
  ],
  viaAlias: VIA_ALIAS,
  giveBackWord: (word) => [
    'if [ -n "${_SWRT_FN_WORD-}" ]; then unset -f _swrt_outer; eval "function $_SWRT_FN_WORD"; fi',
    aliasBack(word),
  ],
  // Older bash (macOS has 3.2) can't ask for attributes without a process.
  pathLocal: { test: "[[ ${BASH_VERSINFO[0]} -ge 5 && ${PATH@a} != *x* ]]", undo: "export -n PATH" },
  promptFree: '[ "${STARSHIP_SHELL-}" != bash ] && [ "${POSH_SHELL_VERSION-}" != "$BASH_VERSION" ]',
  rehash: [],
};

const zsh: Dialect = {
  define: keyword,
  global: "typeset -g ",
  head: ["emulate -L zsh"],
  taken: (word) =>
    `[[ -n \${functions[deactivate]+x}\${functions[${word}]+x}\${aliases[deactivate]+x}\${aliases[${word}]+x} ]]`,
  keep: (word) => [
    'typeset -g _SWRT_FN_OFF="${functions[deactivate]-}"',
    `typeset -g _SWRT_FN_WORD="\${functions[${word}]-}"`,
    'typeset -g _SWRT_ALIAS="${aliases[deactivate]-}"',
    `typeset -g _SWRT_ALIAS_WORD="\${aliases[${word}]-}"`,
    `unalias deactivate ${word} 2>/dev/null || :`,
    "if [[ -n $_SWRT_FN_WORD ]]; then functions[_swrt_outer]=$_SWRT_FN_WORD; fi",
  ],
  ours: "[[ ${functions[deactivate]-} == *_swrt_off* ]]",
  giveBackOff: [
    "if [[ -n ${_SWRT_FN_OFF-} ]]; then functions[deactivate]=$_SWRT_FN_OFF; fi",
    "if [[ -n ${_SWRT_ALIAS-} ]]; then aliases[deactivate]=$_SWRT_ALIAS; fi",
  ],
  giveBackWord: (word) => [
    `if [[ -n \${_SWRT_FN_WORD-} ]]; then unset -f _swrt_outer; functions[${word}]=$_SWRT_FN_WORD; fi`,
    aliasBack(word),
  ],
  viaAlias: VIA_ALIAS,
  pathLocal: { test: "[[ ${(t)PATH} != *export* ]]", undo: "typeset -g +x PATH" },
  promptFree:
    '[ "${STARSHIP_SHELL-}" != zsh ] && [ "${POSH_SHELL_VERSION-}" != "$ZSH_VERSION" ] && [[ -z ${functions[p10k]+x} ]]',
  rehash: [],
};

// A plain POSIX shell can't tell a function's text: what was called `deactivate` before is lost.
const sh: Dialect = {
  define: (name, body) => [`${name}() {`, ...body, "}"],
  global: "",
  head: [],
  taken: () => undefined,
  keep: () => [],
  ours: "false",
  viaAlias: undefined,
  giveBackOff: [],
  giveBackWord: () => [],
  pathLocal: undefined,
  promptFree: ":",
  rehash: ["hash -r 2>/dev/null || :"],
};

export const DIALECTS: Readonly<Record<PosixShell, Dialect>> = { bash, zsh, sh };
