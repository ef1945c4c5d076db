/**
 * The mark that a hooked shell leaves while it is in a runtime: `<activation>/live/<environment>/<pid>` (core/env/live-shells.ts).
 * No shell can remove a file without a process, so the mark of one that has left says so, in its last line. That is written at
 * the prompt after: who enters and leaves in a script pays nothing, who is in again by then has nothing to say. Lines are
 * added: to empty a file that has text is twenty times as slow.
 * `_SWRT_L` is the list of the prefixes that were left since the last prompt.
 * Tests: test/e2e/hook-marks.test.ts
 */

type Shell = "bash" | "zsh";

/** The last line of such a mark; every other, also none, means that the shell is in there. */
export const LEFT = "left";

/** In again: false where there is no such mark. */
export const MARK_IN = '[[ -s $_SWRT_M ]] && builtin echo in >>"$_SWRT_M"';

export const LIVE_FOLDER = ".store/v1/activation/live";

/** A sub-shell is a process of its own, which may be in a runtime when its parent has left. */
export const DEPTH: Readonly<Record<Shell, string>> = { bash: "$BASH_SUBSHELL", zsh: "$ZSH_SUBSHELL" };

/** `_SWRT_I`: the process of this shell or sub-shell. */
export const OWN_PID: Readonly<Record<Shell, string>> = {
  bash: "local _SWRT_I=${BASHPID:-$$}",
  zsh: "local _SWRT_I=$$; if (( ZSH_SUBSHELL )) && zmodload -F zsh/system p:sysparams 2>/dev/null; then _SWRT_I=${sysparams[pid]}; fi",
};

/** For `_swrt_off`, which may be that of a script without a hook; `prefix` is a word. */
export const noteLeft = (prefix: string): string => `if [ -n "\${_SWRT_ROOT+x}" ]; then _SWRT_L+=(${prefix}); fi`;

/**
 * `_swrt_leave`, for the prompt. To what is known of the last URI (`_SWRT_K`) a `+` is added: the mark has to say again that we
 * are in. A runtime that was entered by a script of its own doesn't tell which it is: then later.
 */
export const leaveLines = (shell: Shell): string[] => [
  ...(shell === "zsh" ? ["typeset -ga _SWRT_L"] : []),
  "_SWRT_L=()",
  "function _swrt_leave {",
  'local _SWRT_WAS _SWRT_NOTE _SWRT_IN=""',
  'if [[ ${_SWRT_LIVE-} == $$ ]]; then _SWRT_IN="${_SWRT_PREFIX-}"; if [[ -z $_SWRT_IN ]]; then return 0; fi; fi',
  '_SWRT_K="${_SWRT_K%+}+"',
  // Names and no paths: the root may be reached through links.
  'for _SWRT_WAS in "${_SWRT_L[@]##*/}"; do',
  `_SWRT_NOTE="\${SW_LOCAL_STORAGE:-$_SWRT_ROOT}/${LIVE_FOLDER}/$_SWRT_WAS/$$"`,
  `if [[ $_SWRT_WAS != "\${_SWRT_IN##*/}" && -e $_SWRT_NOTE ]]; then { builtin echo ${LEFT} >>"$_SWRT_NOTE"; } 2>/dev/null || :; fi`,
  "done",
  "_SWRT_L=()",
  "}",
];

export const fishNoteLeft = (prefix: string): string => `if set -q _SWRT_ROOT; set -ga _SWRT_L ${prefix}; end`;

/** The same for fish, which writes its mark whenever it goes in. */
export const fishLeaveLines = (): string[] => [
  "function _swrt_leave",
  "set -l root $_SWRT_ROOT; set -l in",
  'if test -n "$SW_LOCAL_STORAGE"; set root $SW_LOCAL_STORAGE; end',
  'if test "$_SWRT_LIVE" = "$fish_pid"; set -q _SWRT_PREFIX; or return; set in (string split / -- "$_SWRT_PREFIX")[-1]; end',
  "for prefix in $_SWRT_L",
  `set -l name (string split / -- "$prefix")[-1]; set -l mark $root/${LIVE_FOLDER}/$name/$fish_pid`,
  `if test "$name" != "$in"; and test -w $mark; builtin echo ${LEFT} >>$mark; end`,
  "end",
  "set -e _SWRT_L",
  "end",
];

/** In nushell it is taken away at once: its `rm` is no process. `$next` is the prefix that is entered instead. */
export const nuLeft = (prefix: string): string[] => [
  `let prefix = ${prefix}`,
  `let mark = $'($prefix | str replace --regex '/[.]envs/.*$' '')/${LIVE_FOLDER}/($prefix | path basename)/($nu.pid)'`,
  "if ($prefix | path basename) != ($next | path basename) { rm --force --permanent $mark }",
];
