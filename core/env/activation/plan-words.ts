/**
 * A plan as words of a shell: each value quoted as a literal (a script for one runtime), or as a variable that holds it
 * (functions loaded once and used for every runtime). Pure. Tests: test/e2e/hook.test.ts
 */
import { type ActivationPlan, venvPlan } from "#core/env/activation/plan.ts";
import { promptText } from "#core/env/activation/quote.ts";
import { isVariableName } from "#core/platform/env.ts";

export interface PlanWords {
  readonly mode: ActivationPlan["mode"];
  /** PATH entries to put first, and last. */
  readonly path: readonly string[];
  readonly behind: readonly string[];
  /** Those of `extend` too: their words read what was made of the old values. */
  readonly set: readonly (readonly [name: string, word: string])[];
  readonly extend: readonly ExtensionWords[];
  readonly unset: readonly string[];
  /** Scripts to run before everything else is undone, without their ending `.sh`. */
  readonly leave: readonly string[];
  /** What stands before the prompt while activated. */
  readonly mark: string;
  /** The value of VIRTUAL_ENV or CONDA_PREFIX. */
  readonly guard: readonly [name: string, word: string];
  /** Variables of the shell that the words read; gone after `_swrt_off`. */
  readonly state: readonly string[];
}

/** Makes the variable `into` of the old value of `of`; without one it is `alone`, or nothing. */
export interface ExtensionWords {
  readonly name: string;
  readonly into: string;
  readonly of: string;
  readonly parts: readonly string[];
  readonly alone: string | undefined;
}

/** Every value in the words of `quote`. */
export function literalWords(plan: ActivationPlan, quote: (value: string) => string): PlanWords {
  const extend = extensionsOf(plan, quote);
  const guard = plan.mode === "conda" ? "CONDA_PREFIX" : "VIRTUAL_ENV";
  return {
    mode: plan.mode,
    path: plan.path.map(quote),
    behind: (plan.behind ?? []).map(quote),
    set: [
      ...Object.entries(plan.set)
        .filter(([name]) => isVariableName(name))
        .map(([name, value]): [string, string] => [name, quote(value)]),
      ...extend.map(({ name, into }): [string, string] => [name, `"$${into}"`]),
    ],
    extend,
    unset: plan.unset.filter(isVariableName),
    leave: (plan.leave ?? []).map((script) => quote(script.replace(/\.sh$/, ""))),
    mark: quote(`(${promptText(plan.name)}) `),
    guard: [guard, quote(plan.set[guard] ?? plan.prefix)],
    state: extend.map(({ into }) => into),
  };
}

const extensionsOf = ({ extend = {} }: ActivationPlan, quote: (value: string) => string): ExtensionWords[] =>
  Object.entries(extend)
    .filter(([name, { of }]) => isVariableName(name) && isVariableName(of))
    .map(([name, { of, parts, alone }]) => ({
      ...{ name, of, into: `_SWRT_NEW_${name}` },
      parts: parts.map(quote),
      alone: alone === undefined ? undefined : quote(alone),
    }));

/** What every runtime in venv mode has in common; the three values that differ stand in variables. */
export const HOOK_STATE = ["_SWRT_PREFIX", "_SWRT_NAME", "_SWRT_URI"] as const;

/** The words of any runtime in venv mode, read from `HOOK_STATE`; the same text for POSIX shells and fish. */
export function variableWords(): PlanWords {
  const plan = venvPlan({ prefix: "$_SWRT_PREFIX", name: "$_SWRT_NAME", uri: "$_SWRT_URI", project: "", version: "" });
  const words = literalWords(plan, (value) => `"${value}"`);
  return { ...words, mark: '"($_SWRT_NAME) "', state: HOOK_STATE };
}

/** Whether `variableWords` say all about a plan: else its own script has to be sourced. */
export const fitsHook = (plan: ActivationPlan): boolean => plan.mode === "venv" && promptText(plan.name) === plan.name;
