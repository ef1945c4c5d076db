/** The shells that there is a hook for. */

export type HookedShell = "bash" | "zsh" | "fish";

export const hookedShell = (name: string | undefined): HookedShell | undefined =>
  name === "bash" || name === "zsh" || name === "fish" ? name : undefined;
