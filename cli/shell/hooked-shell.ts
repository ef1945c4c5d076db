/** The shells that there is a hook for, and those whose hook renders what they source. */

export type HookedShell = "bash" | "zsh" | "fish";

export const hookedShell = (name: string | undefined): HookedShell | undefined =>
  name === "bash" || name === "zsh" || name === "fish" ? name : undefined;

export type AskingShell = HookedShell | "nu" | "pwsh";

export const ASKING_SHELLS = ["bash", "zsh", "fish", "nu", "pwsh"] as const;

export const askingShell = (name: string | undefined): AskingShell | undefined =>
  ASKING_SHELLS.find((shell) => shell === name);
