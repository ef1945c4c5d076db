/**
 * The activation of one runtime as text for bash, zsh and POSIX shells: the change, and functions that undo exactly it.
 * Contract: builtins only, no comments (interactive zsh can't `eval` them), safe under `set -euo pipefail`, any IFS and
 * any zsh options; state lives in unexported `_SWRT_*` variables, `_SWRT_LIVE` holds the pid of the shell it belongs to.
 * Tests: test/unit/core/env/activation/posix-script.test.ts
 */
import type { ActivationPlan } from "#core/env/activation/plan.ts";
import { DIALECTS, type Dialect, FUNCTION_STATE, type PosixShell } from "#core/env/activation/posix-dialect.ts";
import { isShellName, promptText, posixQuote as q } from "#core/env/activation/quote.ts";

const STATE = [
  "_SWRT_LIVE",
  "_SWRT_PATH_OLD",
  "_SWRT_PATH_NEW",
  "_SWRT_PATH_LOCAL",
  "_SWRT_OUTER_BIN",
  "_SWRT_CUT",
  "_SWRT_MARK",
];

/** A sourceable script; defines `deactivate`, the mode's own word (`venv` or `conda`) and `_swrt_off` until it is undone. */
export function posixScript(plan: ActivationPlan, shell: PosixShell): string {
  const dialect = DIALECTS[shell];
  const lines = [
    'if [ "${_SWRT_LIVE-}" = "$$" ]; then _swrt_off || :; fi',
    `unset ${stateNames(plan).join(" ")}`,
    ...dialect.keep(plan.mode),
    ...pathOn(plan, dialect),
    ...variablesOn(plan),
    ...promptOn(plan, dialect),
    ...dialect.define("_swrt_off", offBody(plan, dialect)),
    ...dialect.define("deactivate", ["_swrt_off deactivate"]),
    ...dialect.define(plan.mode, wordBody(plan)),
    ...dialect.rehash,
    "_SWRT_LIVE=$$",
  ];
  return `${lines.join("\n")}\n`;
}

const setNames = (plan: ActivationPlan) => Object.keys(plan.set).filter(isShellName);
const unsetNames = (plan: ActivationPlan) => plan.unset.filter(isShellName);

const stateNames = (plan: ActivationPlan) => [
  ...STATE,
  ...FUNCTION_STATE,
  ...[...setNames(plan), ...unsetNames(plan)].map((name) => `_SWRT_OLD_${name}`),
];

/** Our entries first; the entry of a runtime that an outer shell activated steps aside until we leave. */
function pathOn(plan: ActivationPlan, dialect: Dialect): string[] {
  const local = dialect.pathLocal;
  const ours = plan.path.map(q).join(":");
  return [
    'if [ -n "${PATH+x}" ]; then _SWRT_PATH_OLD=$PATH; fi',
    ...(local ? [`if ${local.test}; then _SWRT_PATH_LOCAL=1; fi`] : []),
    'if [ -n "${SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL-}" ]; then',
    "_SWRT_OUTER_BIN=$SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL/bin",
    ...cut('"$_SWRT_OUTER_BIN"', ""),
    'if [ "$_SWRT_PATH_OLD" = "$PATH" ]; then unset _SWRT_OUTER_BIN; fi',
    "fi",
    `PATH=${ours}\${PATH:+:$PATH}`,
    "export PATH",
    "_SWRT_PATH_NEW=$PATH",
  ];
}

/** Takes the first occurrence of an entry out of PATH, whatever else is in it; `instead` is put in its place. */
const cut = (entry: string, instead: string) => [
  "_SWRT_CUT=:${PATH-}:",
  `case "$_SWRT_CUT" in *:${entry}:*)`,
  `_SWRT_CUT=\${_SWRT_CUT%%:${entry}:*}:${instead}\${_SWRT_CUT#*:${entry}:}`,
  "_SWRT_CUT=${_SWRT_CUT#:}",
  "PATH=${_SWRT_CUT%:}",
  ";;",
  "esac",
];

function variablesOn(plan: ActivationPlan): string[] {
  const keep = (name: string) => `if [ -n "\${${name}+x}" ]; then _SWRT_OLD_${name}=$${name}; fi`;
  const exports = setNames(plan).map((name) => `${name}=${q(plan.set[name] ?? "")}`);
  return [
    ...setNames(plan).map(keep),
    ...(exports.length > 0 ? [`export ${exports.join(" ")}`] : []),
    ...unsetNames(plan).flatMap((name) => [keep(name), `unset ${name}`]),
  ];
}

const markOf = (plan: ActivationPlan) => q(`(${promptText(plan.name)}) `);

function promptOn(plan: ActivationPlan, dialect: Dialect): string[] {
  const wanted = `[ -n "\${PS1+x}" ] && [ -z "\${VIRTUAL_ENV_DISABLE_PROMPT-}" ] && ${dialect.promptFree}`;
  return [`if ${wanted}; then _SWRT_MARK=1; PS1=${markOf(plan)}$PS1; fi`];
}

/** The body of `_swrt_off`; its argument is `deactivate` when that function called it, which is then surely ours. */
function offBody(plan: ActivationPlan, dialect: Dialect): string[] {
  const guard = plan.mode === "conda" ? "CONDA_PREFIX" : "VIRTUAL_ENV";
  return [
    ...dialect.head,
    `if [ "\${1-}" = deactivate ] || ${dialect.ours(guard, plan.prefix)}; then`,
    "unset -f deactivate",
    ...dialect.giveBackOff,
    "fi",
    `unset -f ${plan.mode} 2>/dev/null || :`,
    ...dialect.giveBackWord(plan.mode),
    ...pathOff(plan, dialect),
    ...setNames(plan).flatMap((name) => setOff(name, plan.set[name] ?? "")),
    ...unsetNames(plan).map(unsetOff),
    `if [ -n "\${_SWRT_MARK-}" ]; then case "\${PS1-}" in ${markOf(plan)}*) PS1=\${PS1#${markOf(plan)}};; esac; fi`,
    ...dialect.rehash,
    `unset ${stateNames(plan).join(" ")}`,
    "unset -f _swrt_off",
  ];
}

function pathOff(plan: ActivationPlan, dialect: Dialect): string[] {
  const local = dialect.pathLocal;
  return [
    'if [ "${PATH-}" = "$_SWRT_PATH_NEW" ]; then',
    'if [ -n "${_SWRT_PATH_OLD+x}" ]; then PATH=$_SWRT_PATH_OLD; else unset PATH; fi',
    "else",
    ...plan.path.flatMap((entry, i) => cut(q(entry), i === 0 ? "${_SWRT_OUTER_BIN:+$_SWRT_OUTER_BIN:}" : "")),
    "fi",
    ...(local ? [`if [ -n "\${_SWRT_PATH_LOCAL-}" ]; then ${local.undo}; fi`] : []),
  ];
}

/** Back to the old value, but only while it is still ours. */
const setOff = (name: string, value: string) => [
  `if [ "\${${name}+x}\${${name}-}" = ${q(`x${value}`)} ]; then`,
  `if [ -n "\${_SWRT_OLD_${name}+x}" ]; then ${name}=$_SWRT_OLD_${name}; else unset ${name}; fi`,
  "fi",
];

const unsetOff = (name: string) =>
  `if [ -n "\${_SWRT_OLD_${name}+x}" ] && [ -z "\${${name}+x}" ]; then export ${name}="$_SWRT_OLD_${name}"; fi`;

/** `venv deactivate` and `conda deactivate` are ours while activated; every other word goes where it went before. */
const wordBody = (plan: ActivationPlan) => [
  'if [ "${1-}" = deactivate ]; then _swrt_off',
  `elif [ -n "\${_SWRT_FN_WORD-}" ]; then _swrt_outer "$@"`,
  `else command ${plan.mode} "$@"; fi`,
];
