/**
 * The activation of one runtime as text for fish (3.1 and newer): the change, and functions that undo exactly it.
 * Builtins only; state lives in unexported global `_SWRT_*` variables, `_SWRT_LIVE` holds the pid of the shell it belongs to.
 * Tests: test/unit/core/env/activation/fish-script.test.ts
 */
import { fishNoteLeft } from "#core/env/activation/hook-marks.ts";
import type { ActivationPlan } from "#core/env/activation/plan.ts";
import { type ExtensionWords, literalWords, type PlanWords } from "#core/env/activation/plan-words.ts";
import { fishQuote as q } from "#core/env/activation/quote.ts";

/** `_SWRT_BY_CD` is set by cd-script.ts. */
const STATE = [
  "_SWRT_LIVE",
  "_SWRT_PATH_OLD",
  "_SWRT_PATH_NEW",
  "_SWRT_OUTER_BIN",
  "_SWRT_MARK",
  "_SWRT_MINE",
  "_SWRT_BY_CD",
];

/** A script for `source`; defines `deactivate`, the mode's own word and `_swrt_off` until it is undone. */
export function fishScript(plan: ActivationPlan): string {
  return `${fishLines(literalWords(plan, q)).join("\n")}\n`;
}

/** The same as lines; the words may also be variables that `before` sets once what was active has been left. */
export function fishLines(plan: PlanWords, before: readonly string[] = []): string[] {
  return [
    'if test "$_SWRT_LIVE" = "$fish_pid"; _swrt_off; end',
    ...before,
    "set -g _SWRT_LIVE $fish_pid",
    ...keepFunction("deactivate", "_swrt_outer_off"),
    ...keepFunction(plan.mode, "_swrt_outer_word"),
    ...plan.extend.map(extendOn),
    ...pathOn(plan),
    ...variablesOn(plan),
    ...promptOn(plan),
    ...define("_swrt_off", offBody(plan)),
    ...define("deactivate", ["_swrt_off"]),
    ...define(plan.mode, wordBody(plan)),
  ];
}

const setNames = (plan: PlanWords) => plan.set.map(([name]) => name);
const define = (name: string, body: string[]) => [`function ${name}`, ...body, "end"];
const keepFunction = (name: string, copy: string) => [`if functions -q ${name}; functions -c ${name} ${copy}; end`];

const giveBack = (name: string, copy: string) => [
  `if functions -q ${copy}; functions -c ${copy} ${name}; functions -e ${copy}; end`,
];

/** A condition: does the function still have our text (it holds `word`)? */
const ours = (name: string, word: string) =>
  `functions -q ${name}; and functions ${name} | string match -q '*${word}*'`;

function pathOn(plan: PlanWords): string[] {
  return [
    "set -g _SWRT_PATH_OLD $PATH",
    'if test -n "$SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL"',
    'set -g _SWRT_OUTER_BIN "$SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL/bin"',
    'if set -l at (contains -i -- "$_SWRT_OUTER_BIN" $PATH); set -e PATH[$at]; else; set -e _SWRT_OUTER_BIN; end',
    "end",
    `set -gx PATH ${[...plan.path, "$PATH", ...plan.behind].join(" ")}`,
    'set -g _SWRT_PATH_NEW "$PATH"',
  ];
}

/** What is made of the old value, before anything is changed. */
const extendOn = ({ into, of, parts, alone = '""' }: ExtensionWords) =>
  `if test -n "$${of}"; set -g ${into} ${parts.join(`"$${of}"`)}; else; set -g ${into} ${alone}; end`;

function variablesOn(plan: PlanWords): string[] {
  const maybe = new Map(plan.extend.filter(({ alone }) => alone === undefined).map(({ name, into }) => [name, into]));
  const put = (name: string, word: string) =>
    maybe.has(name) ? `if test -n "$${maybe.get(name)}"; set -gx ${name} ${word}; end` : `set -gx ${name} ${word}`;
  const keep = (name: string) => `if set -q ${name}; set -g _SWRT_OLD_${name} $${name}; end`;
  return [
    ...plan.set.flatMap(([name, word]) => [keep(name), put(name, word)]),
    ...plan.unset.map((name) => `if set -q ${name}; set -g _SWRT_OLD_${name} $${name}; set -e ${name}; end`),
  ];
}

/** A condition: somebody has put a prompt around ours (VS Code does), and so calls it, by another name. */
const WRAPPED = 'fish_prompt | string match -q -- "*$_SWRT_MARK*"';

/** The outer prompt runs first, so that it sees the status of the user's last command. */
function promptOn(plan: PlanWords): string[] {
  const others =
    'test "$STARSHIP_SHELL" != fish; and test "$POSH_SHELL_VERSION" != "$FISH_VERSION"; and not functions -q tide';
  return [
    `if status is-interactive; and test -z "$VIRTUAL_ENV_DISABLE_PROMPT"; and ${others}; and functions -q fish_prompt`,
    `set -g _SWRT_MARK ${plan.mark}`,
    `if not functions -q _swrt_outer_prompt; or not ${WRAPPED}`,
    "functions -e _swrt_outer_prompt; functions -c fish_prompt _swrt_outer_prompt",
    ...define("fish_prompt", [
      "set -l prompt (_swrt_outer_prompt | string collect -N)",
      `printf '%s' "$_SWRT_MARK" $prompt`,
    ]),
    "end",
    "end",
  ];
}

/** Inside somebody's prompt ours stays, without a mark: it calls the one that was there before us. */
const promptOff = () => [
  "if functions -q _swrt_outer_prompt",
  `if ${ours("fish_prompt", "_swrt_outer_prompt")}; functions -e fish_prompt; functions -c _swrt_outer_prompt fish_prompt; functions -e _swrt_outer_prompt`,
  `else if not ${WRAPPED}; functions -e _swrt_outer_prompt; end`,
  "end",
];

function offBody(plan: PlanWords): string[] {
  const names = [...STATE, ...plan.state, ...[...setNames(plan), ...plan.unset].map((name) => `_SWRT_OLD_${name}`)];
  return [
    ...leaveLines(plan),
    `if ${ours("deactivate", "_swrt_off")}; functions -e deactivate`,
    ...giveBack("deactivate", "_swrt_outer_off"),
    "else; functions -e _swrt_outer_off; end",
    `functions -e ${plan.mode}`,
    ...giveBack(plan.mode, "_swrt_outer_word"),
    ...pathOff(plan),
    ...plan.set.flatMap(([name, word]) => setOff(plan, name, word)),
    ...plan.unset.map((name) => unsetOff(plan, name)),
    ...promptOff(),
    fishNoteLeft(plan.guard[1]),
    `set -eg ${names.join(" ")}`,
    "functions -e _swrt_off",
  ];
}

/** conda's scripts for the way out change variables too: what was ours before them goes back to what it was before us. */
function leaveLines(plan: PlanWords): string[] {
  if (plan.leave.length === 0) return [];
  const mine = (condition: string, name: string) => `if ${condition}; set -a _SWRT_MINE ${name}; end`;
  return [
    "set -g _SWRT_MINE",
    mine('test "$PATH" = "$_SWRT_PATH_NEW"', "PATH"),
    ...plan.set.map(([name, word]) => mine(stands(name, word), name)),
    ...plan.unset.map((name) => mine(`not set -q ${name}`, name)),
    ...plan.leave.map(leaving),
  ];
}

const stands = (name: string, word: string) => `set -q ${name}; and test "$${name}" = ${word}`;

/** A condition: the variable is ours to give back; `now` says so where no script has run meanwhile. */
const isOurs = ({ leave }: PlanWords, name: string, now: string) =>
  leave.length > 0 ? `contains ${name} $_SWRT_MINE` : now;

/** fish's own script, else the other one for what it does besides variables: those are given back here anyway. */
const leaving = (stem: string) =>
  `if test -r ${stem}.fish; source ${stem}.fish; else if test -r ${stem}.sh; command bash -c '. "$1"' bash ${stem}.sh </dev/null; end`;

function pathOff(plan: PlanWords): string[] {
  return [
    `if ${isOurs(plan, "PATH", 'test "$PATH" = "$_SWRT_PATH_NEW"')}; set -gx PATH $_SWRT_PATH_OLD; else`,
    ...plan.path.flatMap((entry, i) => [
      `if set -l at (contains -i -- ${entry} $PATH)`,
      ...(i === 0
        ? ["if set -q _SWRT_OUTER_BIN; set PATH[$at] $_SWRT_OUTER_BIN; else; set -e PATH[$at]; end"]
        : ["set -e PATH[$at]"]),
      "end",
    ]),
    ...plan.behind.map((entry) => `if set -l at (contains -i -- ${entry} $PATH[-1..1]); set -e PATH[-$at]; end`),
    "end",
  ];
}

const setOff = (plan: PlanWords, name: string, word: string) => [
  `if ${isOurs(plan, name, stands(name, word))}`,
  `if set -q _SWRT_OLD_${name}; set -gx ${name} $_SWRT_OLD_${name}; else; set -eg ${name}; end`,
  "end",
];

const unsetOff = (plan: PlanWords, name: string) =>
  `if set -q _SWRT_OLD_${name}; and ${isOurs(plan, name, `not set -q ${name}`)}; set -gx ${name} $_SWRT_OLD_${name}; end`;

const wordBody = (plan: PlanWords) => [
  'if test "$argv[1]" = deactivate; _swrt_off',
  "else if functions -q _swrt_outer_word; _swrt_outer_word $argv",
  `else; command ${plan.mode} $argv; end`,
];
