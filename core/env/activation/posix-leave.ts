/**
 * The way out of a conda environment in bash, zsh and POSIX shells: its own scripts are run, and what they do to the variables
 * of the activation and of the person is put right. Tests: test/unit/core/env/activation/posix-script.test.ts,
 * test/e2e/conda-variables.test.ts
 */
import type { PlanWords } from "#core/env/activation/plan-words.ts";
import type { Dialect } from "#core/env/activation/posix-dialect.ts";
import { posixQuote as q } from "#core/env/activation/quote.ts";

/** Unset when everything is done. */
export const LEAVE_STATE = ["_SWRT_MINE", "_SWRT_U"];

/** A condition: what activation made of the PATH is still there. */
export const pathIsOurs = (plan: PlanWords, then: string) =>
  `case "$_SWRT_NEW" in "\${PATH-}":${plan.set.map(([, word]) => word).join(":")}) ${then};; `;

/**
 * conda's scripts for the way out change variables too: what was ours before them goes back to what it was before us, and
 * what the person had changed stays as they have it. Such scripts ask for variables that are not set.
 */
export function leaveLines(plan: PlanWords, dialect: Dialect): string[] {
  if (plan.leave.length === 0) return [];
  const add = (name: string) => `_SWRT_MINE=\${_SWRT_MINE}${name}:`;
  const theirs = (name: string) => `${dialect.global}_SWRT_HIS_${name}="$${name}"; ${dialect.global}_SWRT_RARE=1`;
  const mine = [
    `${dialect.global}_SWRT_MINE=:`,
    `${pathIsOurs(plan, add("PATH"))}esac`,
    ...plan.set.map(([name, word]) => {
      const isOurs = `[ "\${${name}+x}\${${name}-}" = x${word} ]`;
      return `if ${isOurs}; then ${add(name)}; elif [ -n "\${${name}+x}" ]; then ${theirs(name)}; fi`;
    }),
    ...plan.unset.map((name) => `if [ -z "\${${name}+x}" ]; then ${add(name)}; else ${theirs(name)}; fi`),
    `case $- in *u*) ${dialect.global}_SWRT_U=1; set +u;; *) ${dialect.global}_SWRT_U=;; esac`,
  ];
  return [
    `eval ${q(mine.join("\n"))}`,
    ...plan.leave.map((stem) => `if [ -r ${stem}.sh ]; then if . ${stem}.sh; then :; fi; fi`),
    'if [ -n "$_SWRT_U" ]; then set -u; fi',
  ];
}

/** As it was when the scripts for the way out began, whatever these have made of it; what was ours then, as it was before. */
export function variablesBack(names: readonly string[]): string[] {
  const old = 'if [ -n \\"\\${_SWRT_OLD_$1+x}\\" ]; then export $1=\\"\\$_SWRT_OLD_$1\\"; else unset $1; fi';
  const his = 'if [ -n \\"\\${_SWRT_HIS_$1+x}\\" ]; then export $1=\\"\\$_SWRT_HIS_$1\\"; unset _SWRT_HIS_$1; fi';
  return [
    `set -- ${names.join(" ")}`,
    `while [ $# -gt 0 ]; do case $_SWRT_MINE in *:$1:*) eval "${old}";; *) eval "${his}";; esac; unset _SWRT_OLD_$1; shift; done`,
  ];
}
