/**
 * The mark of a hooked shell: `<activation>/live/<pid>` (core/env/live-shells.ts), with a line for each time that it went into
 * an environment and that it left one. No shell can remove a file without a process, so it says that it has left. That is
 * written at the prompt after: who enters and leaves in a script pays nothing, who is in again by then has nothing to say.
 * The file is made when the hook is loaded: to make one takes longer than all else in an activation, most of all where many
 * shells do it in one folder at once; to add a line takes a sixth of it.
 * `_SWRT_L` is the list of the prefixes that were left since the last prompt.
 * Tests: test/e2e/hook-marks.test.ts
 */

type Shell = "bash" | "zsh";

/** What a mark says of one environment. */
export interface Stay {
  readonly isIn: boolean;
  /** Unix ms of the last time that it was entered; undefined where the shell did not say. */
  readonly entered: number | undefined;
}

/** Of lines `in NAME [SECONDS]` and `left NAME`, by name. */
export function parseMark(text: string): Map<string, Stay> {
  const stays = new Map<string, Stay>();
  for (const [, word, name = "", seconds] of text.matchAll(/^(in|left) (\S+)(?: (\d+))?$/gm)) {
    if (word === "in") stays.set(name, { isIn: true, entered: seconds ? Number(seconds) * 1000 : undefined });
    else stays.set(name, { isIn: false, entered: stays.get(name)?.entered });
  }
  return stays;
}

export const LIVE_FOLDER = ".store/v1/activation/live";

/** `_SWRT_M` is the mark, `_SWRT_e` the name of the environment. To zsh the first look at the time costs as much as all else. */
export const markIn = (shell: Shell): string =>
  `builtin echo "in $_SWRT_e${shell === "bash" ? " $EPOCHSECONDS" : ""}" >>"$_SWRT_M"`;

/** The mark of this shell, once, before the hook says by `_SWRT_ROOT` that it is loaded; `root` is a word. */
export const markLines = (root: string): string[] => [
  "if [[ -z ${_SWRT_ROOT+x} ]]; then _SWRT_M=${SW_LOCAL_STORAGE-}",
  `if [[ -z $_SWRT_M ]]; then _SWRT_M=${root}; fi`,
  `_SWRT_M=$_SWRT_M/${LIVE_FOLDER}; if [[ -w $_SWRT_M && ( -w $_SWRT_M/$$ || ! -e $_SWRT_M/$$ ) ]]; then true >|"$_SWRT_M/$$"; fi`,
  "fi",
];

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
  `local _SWRT_WAS _SWRT_IN="" _SWRT_NOTE="\${SW_LOCAL_STORAGE:-$_SWRT_ROOT}/${LIVE_FOLDER}/$$"`,
  'if [[ ${_SWRT_LIVE-} == $$ ]]; then _SWRT_IN="${_SWRT_PREFIX-}"; if [[ -z $_SWRT_IN ]]; then return 0; fi; fi',
  '_SWRT_K="${_SWRT_K%+}+"',
  // Names and no paths: the root may be reached through links.
  'for _SWRT_WAS in "${_SWRT_L[@]##*/}"; do',
  'if [[ $_SWRT_WAS != "${_SWRT_IN##*/}" && -w $_SWRT_NOTE ]]; then builtin echo "left $_SWRT_WAS" >>"$_SWRT_NOTE" || :; fi',
  "done",
  "_SWRT_L=()",
  "}",
];

export const fishNoteLeft = (prefix: string): string => `if set -q _SWRT_ROOT; set -ga _SWRT_L ${prefix}; end`;

/** The same for fish, which writes a line whenever it goes in. */
export const fishLeaveLines = (): string[] => [
  "function _swrt_leave",
  "set -l root $_SWRT_ROOT; set -l in",
  'if test -n "$SW_LOCAL_STORAGE"; set root $SW_LOCAL_STORAGE; end',
  'if test "$_SWRT_LIVE" = "$fish_pid"; set -q _SWRT_PREFIX; or return; set in (string split / -- "$_SWRT_PREFIX")[-1]; end',
  `set -l mark $root/${LIVE_FOLDER}/$fish_pid`,
  "for prefix in $_SWRT_L",
  'set -l name (string split / -- "$prefix")[-1]',
  'if test "$name" != "$in"; and test -w $mark; builtin echo left $name >>$mark; end',
  "end",
  "set -e _SWRT_L",
  "end",
];

/** In nushell at once. `$next` is the prefix that is entered instead. */
export const nuLeft = (prefix: string): string[] => [
  `let prefix = ${prefix}; let left = ($prefix | path basename)`,
  `let mark = $'($prefix | str replace --regex '/[.]envs/.*$' '')/${LIVE_FOLDER}/($nu.pid)'`,
  'if $left != ($next | path basename) and ($mark | path exists) { $"left ($left)\\n" | save --append --raw $mark }',
];
