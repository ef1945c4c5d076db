/**
 * Completion for bash, and for zsh through its bashcompinit: words of commands and options stand in the script, so only
 * names from the store start a process. Tests: test/e2e/completion.test.ts
 */
import type { Place, Value } from "#cli/completion/tree.ts";

export function bashCompletion(places: readonly Place[], swcli: string): string {
  return `${[...body(places, swcli), "complete -o bashdefault -o default -F _swcli swcli"].join("\n")}\n`;
}

export function zshCompletion(places: readonly Place[], swcli: string): string {
  const load = ["autoload -Uz compinit bashcompinit", "whence compdef >/dev/null || compinit -u", "bashcompinit"];
  return `${[...load, ...body(places, swcli), "complete -o bashdefault -o default -F _swcli swcli"].join("\n")}\n`;
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

const body = (places: readonly Place[], swcli: string) => [
  "_swcli() {",
  'local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" at="" i words="" what=""',
  "for ((i = 1; i < COMP_CWORD; i++)); do",
  'case "${at:+$at }${COMP_WORDS[i]}" in',
  ...places.filter(({ path }) => path !== "").map(wayTo),
  "esac",
  "done",
  'case "$at $prev" in',
  ...places.flatMap(valuesAt),
  "*)",
  'case "$at" in',
  ...places.map(wordsAt),
  "esac ;;",
  "esac",
  `if [ -n "$what" ] && [ "\${cur#-}" = "$cur" ]; then words="$words $(${quote(swcli)} __complete "$what" "$cur" 2>/dev/null)"; fi`,
  // Not compgen: in zsh it is a function of another kind.
  "COMPREPLY=()",
  'for i in $words; do case "$i" in "$cur"*) COMPREPLY+=("$i") ;; esac; done',
  "}",
];

/** `runtime list` and `runtime ls` lead to the same place. */
function wayTo({ path, alias }: Place): string {
  const parent = path.includes(" ") ? `${path.slice(0, path.lastIndexOf(" "))} ` : "";
  const spellings = [path, ...alias.map((one) => `${parent}${one}`)];
  return `${spellings.map(quote).join("|")}) at=${quote(path)} ;;`;
}

function valuesAt({ path, options }: Place): string[] {
  return options.flatMap(({ spellings, value }) => {
    const set = assign(value, "");
    return value === "none" ? [] : [`${spellings.map((one) => quote(`${path} ${one}`)).join("|")}) ${set} ;;`];
  });
}

function wordsAt({ path, children, options, argument }: Place): string {
  const words = [...children, ...options.flatMap(({ spellings }) => spellings)].join(" ");
  return `${quote(path)}) ${assign(argument, words)} ;;`;
}

function assign(value: Value, words: string): string {
  if (typeof value === "string") return `words=${quote(words)}`;
  if ("choices" in value) return `words=${quote([words, ...value.choices].join(" ").trim())}`;
  return `words=${quote(words)} what=${value.dynamic}`;
}
