/**
 * What the hooks take for `runtime activate`: the verb, its alias, and the beginnings of it that the command line takes for
 * nothing else. Any other word is the binary's to judge. Tests: test/unit/cli/commands.test.ts
 */
export const ACTIVATE_WORDS = ["activate", "actv", "activat", "activa", "activ", "acti", "act", "ac"] as const;

/** The same with the group's names before them, joined by `by`; the usual spelling comes first. */
export const activateWords = (by: string): string[] =>
  ACTIVATE_WORDS.flatMap((verb) => ["runtime", "rt"].map((group) => `${group}${by}${verb}`));
