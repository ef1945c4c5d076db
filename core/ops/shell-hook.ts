/** `swcli shell init`: the text of the hook for one shell. Tests: test/e2e/hook.test.ts */
import type { Ctx } from "#core/context.ts";
import { fishHook } from "#core/env/activation/hook-fish.ts";
import { type HookInput, type HookShell, hookScript } from "#core/env/activation/hook-script.ts";

export interface HookParams {
  shell: HookShell | "fish";
  /** The binary that the hook shall call. */
  swcli: string;
  cd: boolean;
}

export const shellHook = async (ctx: Ctx, { shell, swcli, cd }: HookParams): Promise<{ text: string }> => ({
  text: textFor({ swcli, cd, root: ctx.paths.root }, shell),
});

const textFor = (input: HookInput, shell: HookParams["shell"]) =>
  shell === "fish" ? fishHook(input) : hookScript(input, shell);
