/**
 * What `swcli runtime shellenv` prints: the change and its reverse for one shell, or as JSON for any other program.
 * Tests: test/unit/core/env/activation/shellenv.test.ts
 */
import { fishScript } from "#core/env/activation/fish-script.ts";
import type { ActivationPlan } from "#core/env/activation/plan.ts";
import { posixScript } from "#core/env/activation/posix-script.ts";

/** `sh` is any POSIX shell. */
export const SHELLENV_KINDS = ["bash", "zsh", "sh", "fish", "json"] as const;

export type ShellenvKind = (typeof SHELLENV_KINDS)[number];

/** For `eval "$(swcli runtime shellenv X --shell bash)"` and `swcli runtime shellenv X --shell fish | source`. */
export function shellenv(plan: ActivationPlan, shell: ShellenvKind): string {
  if (shell === "json") return `${JSON.stringify(jsonForm(plan), null, 2)}\n`;
  return shell === "fish" ? fishScript(plan) : posixScript(plan, shell);
}

/** The reverse names what to put back: old values are the caller's to keep, and count only while ours still stand. */
const jsonForm = (plan: ActivationPlan) => ({
  ...plan,
  reverse: { remove_path: [...plan.path, ...(plan.behind ?? [])], restore: restored(plan) },
});

const restored = ({ set, extend = {}, unset }: ActivationPlan) => [
  ...Object.keys(set),
  ...Object.keys(extend),
  ...unset,
];
