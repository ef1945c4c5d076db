/**
 * A hooked shell that was started in a runtime (a window of a tmux that was, `exec bash`) can leave it too. Nobody knows any
 * more what was there before: the PATH loses what lies in the runtime, its variables go while they are still its own, and
 * what a conda package set besides stays. Tests: test/e2e/hook-inherited.test.ts
 */
import { condaPlan, marks, venvPlan } from "#core/env/activation/plan.ts";
import { DIALECTS } from "#core/env/activation/posix-dialect.ts";

type Shell = "bash" | "zsh";

const INPUT = { prefix: "", name: "", uri: "", project: "", version: "" };
const MARKS = Object.keys(marks("", "venv", ""));
const PREFIX = "SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL";

/** What goes while the first of them still names the runtime. */
const GROUPS = [
  ["VIRTUAL_ENV", venvPlan(INPUT)] as const,
  ["CONDA_PREFIX", condaPlan(INPUT, { path: [], set: {}, leave: [] })] as const,
].map(([guard, { set }]) => ({ guard, names: Object.keys(set).filter((name) => !MARKS.includes(name)) }));

/** `_swrt_off_inherited`, and `deactivate` where nobody has one: a runtime that is entered meanwhile gives it back. */
export const inheritedLines = (shell: Shell): string[] => [
  "function _swrt_off_inherited {",
  ...DIALECTS[shell].head,
  `local _SWRT_IN="$${PREFIX}" _SWRT_REST="\${PATH-}:" _SWRT_KEPT=""`,
  "while [[ -n $_SWRT_REST ]]; do",
  'if [[ ${_SWRT_REST%%:*} != "$_SWRT_IN"/* ]]; then _SWRT_KEPT="$_SWRT_KEPT:${_SWRT_REST%%:*}"; fi',
  "_SWRT_REST=${_SWRT_REST#*:}",
  "done",
  "PATH=${_SWRT_KEPT#:}",
  ...GROUPS.map(({ guard, names }) => `if [[ \${${guard}-} == "$_SWRT_IN" ]]; then unset ${names.join(" ")}; fi`),
  `unset ${MARKS.join(" ")}`,
  `if ${DIALECTS[shell].ours}; then unset -f deactivate; fi`,
  "}",
  `if [[ -n \${${PREFIX}-} && \${_SWRT_LIVE-} != $$ ]] && ! ${DIALECTS[shell].taken("deactivate")}; then`,
  "function deactivate { _swrt_off_inherited; }",
  "fi",
];

/** The same for fish. */
export const fishInheritedLines = (): string[] => [
  "function _swrt_off_inherited",
  `set -l prefix "$${PREFIX}"; set -l kept`,
  'for entry in $PATH; if test (string sub -l (string length -- "$prefix/") -- "$entry" | string collect) != "$prefix/"; set -a kept "$entry"; end; end',
  "set -gx PATH $kept",
  ...GROUPS.map(({ guard, names }) => `if test "$${guard}" = "$prefix"; set -e ${names.join(" ")}; end`),
  `set -e ${MARKS.join(" ")}`,
  "if functions -q deactivate; and functions deactivate | string match -q '*_swrt_off*'; functions -e deactivate; end",
  "end",
  `if test -n "$${PREFIX}"; and test "$_SWRT_LIVE" != "$fish_pid"; and not functions -q deactivate`,
  "function deactivate; _swrt_off_inherited; end",
  "end",
];

/** The same for nushell, which has only `swcli deactivate`. Needs `_swrt_paths`. */
export const nuInheritedLines = (): string[] => [
  "def --env _swrt_off_inherited [] {",
  `let prefix = $env.${PREFIX}`,
  "$env.PATH = (_swrt_paths | where {|entry| not ($entry starts-with $'($prefix)/') })",
  ...GROUPS.map(({ guard, names }) => `if $env.${guard}? == $prefix { hide-env --ignore-errors ${names.join(" ")} }`),
  `hide-env --ignore-errors ${MARKS.join(" ")}`,
  "}",
];
