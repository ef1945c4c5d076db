/**
 * The activation of one runtime as text for bash, zsh and POSIX shells: the change, and functions that undo exactly it.
 * Contract: builtins only, no comments (interactive zsh can't `eval` them), safe under `set -euo pipefail`, any IFS and
 * any zsh options; state lives in unexported `_SWRT_*` variables, `_SWRT_LIVE` holds the pid of the shell it belongs to.
 * Parsing is most of the cost: what is rarely needed stands in quoted strings that only `eval` parses.
 * Tests: test/unit/core/env/activation/posix-script.test.ts
 */
import { noteLeft } from "#core/env/activation/hook-marks.ts";
import type { ActivationPlan } from "#core/env/activation/plan.ts";
import { type ExtensionWords, literalWords, type PlanWords } from "#core/env/activation/plan-words.ts";
import { DIALECTS, type Dialect, FUNCTION_STATE, type PosixShell } from "#core/env/activation/posix-dialect.ts";
import { LEAVE_STATE, leaveLines, pathIsOurs, variablesBack } from "#core/env/activation/posix-leave.ts";
import { posixQuote as q } from "#core/env/activation/quote.ts";

/** `_SWRT_BY_CD` is set by cd-script.ts. */
const STATE = ["_SWRT_LIVE", "_SWRT_PATH", "_SWRT_NEW", "_SWRT_MARK", "_SWRT_BY_CD", ...LEAVE_STATE];
/** Set only where something was there before us; `_SWRT_RARE` says that it is so. */
const RARE_STATE = [
  "_SWRT_RARE",
  "_SWRT_PATH_UNSET",
  "_SWRT_PATH_LOCAL",
  "_SWRT_OUTER_BIN",
  "_SWRT_CUT",
  "_SWRT_N",
  ...FUNCTION_STATE,
];

/** A sourceable script; defines `deactivate`, the mode's own word (`venv` or `conda`) and `_swrt_off` until it is undone. */
export function posixScript(plan: ActivationPlan, shell: PosixShell): string {
  return `${posixLines(literalWords(plan, q), shell).join("\n")}\n`;
}

/** The same as lines, with one function for everything: what a script for one runtime is. */
function posixLines(plan: PlanWords, shell: PosixShell): string[] {
  const dialect = DIALECTS[shell];
  return [
    ...posixOn(plan, shell),
    ...dialect.define("_swrt_off", posixOff(plan, shell)),
    ...dialect.define(plan.mode, posixWord(plan, shell)),
    `${dialect.global}_SWRT_LIVE=$$`,
  ];
}

/** The change itself, and `deactivate`. Of `_swrt_off` and the mode's word the bodies are `posixOff` and `posixWord`. */
export function posixOn(plan: PlanWords, shell: PosixShell): string[] {
  const dialect = DIALECTS[shell];
  return [
    ...outerOn(plan, dialect),
    ...functionsOn(plan, dialect),
    ...plan.extend.map((one) => extendOn(one, dialect)),
    ...pathOn(plan, dialect),
    ...variablesOn(plan, dialect),
    ...promptOn(plan, dialect),
    ...dialect.define("deactivate", ["_swrt_off deactivate"]),
    ...dialect.rehash,
  ];
}

const setNames = (plan: PlanWords) => plan.set.map(([name]) => name);
const oldNames = (plan: PlanWords) => [...setNames(plan), ...plan.unset];
const later = (lines: string[]) => `eval ${q(lines.join("\n"))}`;

/** What was there before: a runtime active in this shell is left first, everything else is kept to be given back. */
function outerOn(plan: PlanWords, dialect: Dialect): string[] {
  const g = dialect.global;
  const seen = oldNames(plan).map((name) => `\${${name}+x}`);
  const keep = `${g}_SWRT_OLD_$_SWRT_N=\\"\\$$_SWRT_N\\"; ${g}_SWRT_RARE=1`;
  const text = [
    'if [ "${_SWRT_LIVE-}" = "$$" ]; then _swrt_off || :; fi',
    `unset ${RARE_STATE.join(" ")}`,
    `${g}_SWRT_N=`,
    `for _SWRT_N in ${oldNames(plan).join(" ")}; do`,
    `eval "if [ -n \\"\\\${$_SWRT_N+x}\\" ]; then ${keep}; else unset _SWRT_OLD_$_SWRT_N; fi"`,
    "done",
    `if [ -z "\${PATH+x}" ]; then ${g}_SWRT_PATH_UNSET=1; ${g}_SWRT_RARE=1; fi`,
    `${g}_SWRT_PATH="\${PATH-}"`,
    'if [ -n "${SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL-}" ]; then',
    `${g}_SWRT_OUTER_BIN="$SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL/bin"`,
    ...cut('"$_SWRT_OUTER_BIN"', "", g),
    'if [ "$_SWRT_PATH" = "$PATH" ]; then unset _SWRT_OUTER_BIN; fi',
    "fi",
    "unset _SWRT_N _SWRT_CUT",
  ];
  const rare = `[ -z "\${PATH-}" ] || [ -n "\${_SWRT_LIVE-}${seen.join("")}" ]`;
  return [`if ${rare}; then ${later(text)}; else ${g}_SWRT_PATH="$PATH"; fi`];
}

function functionsOn(plan: PlanWords, dialect: Dialect): string[] {
  const taken = dialect.taken(plan.mode);
  if (taken === undefined) return ["unalias deactivate 2>/dev/null || :"];
  return [`if ${taken}; then ${later([...dialect.keep(plan.mode), `${dialect.global}_SWRT_RARE=1`])}; fi`];
}

/** Our entries first; the entry of a runtime that an outer shell activated has stepped aside until we leave. */
function pathOn(plan: PlanWords, dialect: Dialect): string[] {
  const { global: g, pathLocal: local } = dialect;
  return [
    ...(local ? [`if ${local.test}; then ${g}_SWRT_PATH_LOCAL=1; ${g}_SWRT_RARE=1; fi`] : []),
    `PATH=${plan.path.join(":")}\${PATH:+:$PATH}${plan.behind.map((entry) => `:${entry}`).join("")}`,
  ];
}

/** What is made of the old value, before anything is changed. */
function extendOn({ into, of, parts, alone = "" }: ExtensionWords, { global: g }: Dialect): string {
  return `if [ -n "\${${of}-}" ]; then ${g}${into}=${parts.join(`"$${of}"`)}; else ${g}${into}=${alone}; fi`;
}

/** Takes the first (or the last) occurrence of an entry out of PATH, whatever else is in it; `instead` is put in its place. */
const cut = (entry: string, instead: string, g: string, isLast = false) => [
  `${g}_SWRT_CUT=":\${PATH-}:"`,
  `case "$_SWRT_CUT" in *:${entry}:*)`,
  isLast
    ? `_SWRT_CUT=\${_SWRT_CUT%:${entry}:*}:\${_SWRT_CUT##*:${entry}:}`
    : `_SWRT_CUT=\${_SWRT_CUT%%:${entry}:*}:${instead}\${_SWRT_CUT#*:${entry}:}`,
  "_SWRT_CUT=${_SWRT_CUT#:}",
  "PATH=${_SWRT_CUT%:}",
  ";;",
  "esac",
];

function variablesOn(plan: PlanWords, dialect: Dialect): string[] {
  const maybe = plan.extend.filter(({ alone }) => alone === undefined);
  const surely = plan.set.filter(([name]) => !maybe.some((one) => one.name === name));
  return [
    `export PATH ${surely.map(([name, word]) => `${name}=${word}`).join(" ")}`,
    ...maybe.map(({ name, into }) => `if [ -n "$${into}" ]; then export ${name}="$${into}"; fi`),
    `unset ${plan.unset.join(" ")}`,
    `${dialect.global}_SWRT_NEW="${current(plan)}"`,
  ];
}

/** PATH and every variable of ours in one word: equal as long as nobody changed any of them. */
const current = (plan: PlanWords) => ["PATH", ...setNames(plan)].map((name) => `\${${name}-}`).join(":");

function promptOn(plan: PlanWords, dialect: Dialect): string[] {
  const wanted = `[ -n "\${PS1+x}" ] && [ -z "\${VIRTUAL_ENV_DISABLE_PROMPT-}" ] && ${dialect.promptFree}`;
  return [`if ${wanted}; then ${dialect.global}_SWRT_MARK=1; PS1=${plan.mark}$PS1; fi`];
}

/** The mark is cut out wherever it stands: VS Code, kitty and iTerm2 put theirs around a prompt each time it has changed. */
export function promptOff({ mark }: PlanWords): string {
  const cutMark = `*${mark}*) PS1=\${PS1%%${mark}*}\${PS1#*${mark}};;`;
  return `if [ -n "\${_SWRT_MARK-}" ]; then case "\${PS1-}" in ${cutMark} esac; fi`;
}

/** The body of `_swrt_off`; its argument is `deactivate` when that function called it, which is then surely ours. */
export function posixOff(plan: PlanWords, shell: PosixShell): string[] {
  const dialect = DIALECTS[shell];
  return [
    ...dialect.head,
    ...leaveLines(plan, dialect),
    `if [ "${current(plan)}" = "$_SWRT_NEW" ] && [ -z "\${_SWRT_RARE-}" ]; then`,
    "PATH=$_SWRT_PATH",
    `unset ${setNames(plan).join(" ")}`,
    `unset -f deactivate ${plan.mode} 2>/dev/null || :`,
    `else ${later(offRare(plan, dialect))}; fi`,
    promptOff(plan),
    ...(shell === "sh" ? [] : [noteLeft(plan.guard[1])]),
    ...dialect.rehash,
    `unset ${[...STATE, ...plan.state].join(" ")}`,
    "unset -f _swrt_off",
  ];
}

/** The careful way back: somebody changed something since, or something was there before us. */
function offRare(plan: PlanWords, dialect: Dialect): string[] {
  const [guard, value] = plan.guard;
  return [
    `if [ "\${1-}" = deactivate ] || [ "\${${guard}-}" = ${value} ] || ${dialect.ours}; then`,
    "unset -f deactivate 2>/dev/null || :",
    ...dialect.giveBackOff,
    "fi",
    `unset -f ${plan.mode} 2>/dev/null || :`,
    ...dialect.giveBackWord(plan.mode),
    ...pathOff(plan, dialect),
    ...variablesOff(plan),
    `unset ${RARE_STATE.join(" ")}`,
  ];
}

function pathOff(plan: PlanWords, dialect: Dialect): string[] {
  const local = dialect.pathLocal;
  const outer = (i: number) => (i === 0 ? "${_SWRT_OUTER_BIN:+$_SWRT_OUTER_BIN:}" : "");
  const whole = 'if [ -n "${_SWRT_PATH_UNSET-}" ]; then unset PATH; else PATH=$_SWRT_PATH; fi';
  return [
    plan.leave.length > 0 ? `case "$_SWRT_MINE" in *:PATH:*) ${whole};; ` : pathIsOurs(plan, whole),
    "*)",
    ...plan.path.flatMap((entry, i) => cut(entry, outer(i), dialect.global)),
    ...plan.behind.flatMap((entry) => cut(entry, "", dialect.global, true)),
    ";;",
    "esac",
    ...(local ? [`if [ -n "\${_SWRT_PATH_LOCAL-}" ]; then ${local.undo}; fi`] : []),
  ];
}

/** Each variable back to its old value, but only while it is still ours. */
function variablesOff(plan: PlanWords): string[] {
  if (plan.leave.length > 0) return variablesBack([...setNames(plan), ...plan.unset]);
  const pairs = plan.set.map(([name, word]) => `${name} ${word}`);
  const back =
    'if [ \\"\\${$1+x}\\${$1-}\\" = \\"x\\$2\\" ]; then if [ -n \\"\\${_SWRT_OLD_$1+x}\\" ]; then $1=\\$_SWRT_OLD_$1; else unset $1; fi; fi; unset _SWRT_OLD_$1';
  return [
    `set -- ${pairs.join(" ")}`,
    `while [ $# -gt 0 ]; do eval "${back}"; shift 2; done`,
    ...plan.unset.map(
      (name) =>
        `if [ -n "\${_SWRT_OLD_${name}+x}" ] && [ -z "\${${name}+x}" ]; then export ${name}="$_SWRT_OLD_${name}"; fi; unset _SWRT_OLD_${name}`,
    ),
  ];
}

/** `venv deactivate` and `conda deactivate` are ours while activated; every other word goes where it went before. */
export function posixWord({ mode }: PlanWords, shell: PosixShell): string[] {
  const { viaAlias } = DIALECTS[shell];
  const aliased = `elif [ -n "\${_SWRT_ALIAS_WORD-}" ] && [ -z "\${_SWRT_ALIASED-}" ]; then ${viaAlias}`;
  return [
    'if [ "${1-}" = deactivate ]; then _swrt_off',
    ...(viaAlias ? [aliased] : []),
    `elif [ -n "\${_SWRT_FN_WORD-}" ]; then _swrt_outer "$@"`,
    `else command ${mode} "$@"; fi`,
  ];
}
