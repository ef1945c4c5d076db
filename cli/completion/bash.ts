/**
 * Completion for bash, and for zsh through its bashcompinit: words of commands and options stand in the script, so only
 * names from the store start a process. Tests: test/e2e/completion.test.ts, test/e2e/completion-keys.test.ts
 */
import { globalOptions, type Option, type Place, type Value } from "#cli/completion/tree.ts";

export function bashCompletion(places: readonly Place[], swcli: string): string {
  const complete = "complete -o bashdefault -o default -F _swcli_bash swcli";
  return `${[...scan(places), ...fill(places, swcli), ...BASH, complete].join("\n")}\n`;
}

export function zshCompletion(places: readonly Place[], swcli: string): string {
  const load = ["autoload -Uz compinit bashcompinit", "whence compdef >/dev/null || compinit -u", "bashcompinit"];
  return `${[...load, ...scan(places), ...fill(places, swcli), ...ZSH, "compdef _swcli_zsh swcli"].join("\n")}\n`;
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const anyOf = (patterns: readonly string[]) => patterns.join("|");

/**
 * `_swcli_scan CURRENT WORD…` goes through the words before the current one. It sets `at`, the command; `n`, how many
 * words it has already; `opt`, the option whose value comes now; `ended` behind `--`; and `from`, the place of the first
 * word of a command line that is not ours. Both shells run it as they are, so it uses only what means the same in them.
 */
const scan = (places: readonly Place[]): string[] => [
  "_swcli_scan() {",
  'local current="$1" word i=0',
  "shift",
  'at="" n=0 opt="" ended="" from=0',
  'for word in "$@"; do',
  "i=$((i + 1))",
  'if [ -n "$opt" ]; then opt=""; continue; fi',
  'case "$ended$word" in',
  `--) ended=" "; case "$at:$n" in ${foreignAt(places)}) from=$((i + 1)); return ;; esac ;;`,
  `-?*) case "$at $word" in ${takers(places)}) opt="$word" ;; esac ;;`,
  `*) case "$at:$n" in ${foreignAt(places)}) from=$i; return ;; esac`,
  "n=$((n + 1))",
  'case "$ended$at $word" in',
  ...places.filter(({ path }) => path !== "").map(wayTo),
  "esac ;;",
  "esac",
  "done",
  'case "$at:$n$opt" in',
  // Without `--` an option may still be ours.
  `${foreignAt(places)}) case "$ended$current" in -*) ;; *) from=$((i + 1)) ;; esac ;;`,
  "esac",
  "}",
];

/** Where the words of a command are complete and a command line follows. */
const foreignAt = (places: readonly Place[]): string =>
  anyOf(places.filter(({ command }) => command).map(({ path, words }) => quote(`${path}:${words.length}`)));

const takesValue = ({ value }: Option) => value !== "none";
const spelledAt = (path: string, { spellings }: Option) => spellings.map((one) => quote(`${path} ${one}`));
const spelledAnywhere = ({ spellings }: Option) => spellings.map((one) => `*${quote(` ${one}`)}`);

const takers = (places: readonly Place[]): string =>
  anyOf([
    ...places.flatMap(({ path, options }) => options.filter(takesValue).flatMap((one) => spelledAt(path, one))),
    ...globalOptions().filter(takesValue).flatMap(spelledAnywhere),
  ]);

/** `runtime list` and `runtime ls` lead to the same place. */
function wayTo({ path, alias }: Place): string {
  const parent = path.slice(0, path.lastIndexOf(" ") + 1);
  const spellings = [path, ...alias.map((one) => `${parent}${one}`)];
  const typed = spellings.map((one) => quote(path.includes(" ") ? one : ` ${one}`));
  return `${anyOf(typed)}) at=${quote(path)} n=0 ;;`;
}

/** `_swcli` fills COMPREPLY. bash cuts words at `=` and `:`, zsh does not; what bash has cut off is not to be repeated. */
const fill = (places: readonly Place[], swcli: string): string[] => [
  "_swcli() {",
  `local IFS=$' \\t\\n' at n opt ended cur="" keep="" what="" words="" i`,
  "set --",
  "for ((i = 1; i <= COMP_CWORD; i++)); do",
  'case "${COMP_WORDS[i - 1]},${COMP_WORDS[i]}" in',
  '[=:]*|*,[=:]*) cur="$cur${COMP_WORDS[i]}" ;;',
  '*) if [ "$i" -gt 1 ]; then set -- "$@" "$cur"; fi; cur="${COMP_WORDS[i]}"; starts+=("$i") ;;',
  "esac",
  "done",
  '_swcli_scan "$cur" "$@"',
  "COMPREPLY=()",
  'if [ "$from" -gt 0 ]; then return; fi',
  'case "$opt$ended$cur" in --*=*) opt="${cur%%=*}"; keep="$opt="; cur="${cur#*=}" ;; esac',
  'case "${COMP_WORDS[COMP_CWORD]}" in "$keep"*) ;; *) keep="" ;; esac',
  'case "$at $opt" in',
  ...places.flatMap(({ path, options }) => options.filter(takesValue).map((one) => values(spelledAt(path, one), one))),
  ...globalOptions()
    .filter(takesValue)
    .map((one) => values(spelledAnywhere(one), one)),
  `*' ') case "$ended$cur" in`,
  '-*) case "$at" in',
  ...places.filter(({ options }) => options.length > 0).map(optionsAt),
  `esac; words="$words ${spellingsOf(globalOptions())}" ;;`,
  '*) case "$at:$n" in',
  ...places.flatMap(wordsAt),
  "esac ;;",
  "esac ;;",
  "esac",
  `if [ -n "$what" ]; then words="$words $(${quote(swcli)} __complete "$what" "$cur" 2>/dev/null)"; fi`,
  // Not compgen: in zsh it is a function of another kind.
  'for i in $words; do case "$i" in "$cur"*) COMPREPLY+=("$keep$i") ;; esac; done',
  "}",
];

const values = (patterns: readonly string[], { value }: Option) => `${anyOf(patterns)}) ${assign(value)} ;;`;
const spellingsOf = (options: readonly Option[]) => options.flatMap(({ spellings }) => spellings).join(" ");
const optionsAt = ({ path, options }: Place) => `${quote(path)}) words=${quote(spellingsOf(options))} ;;`;

function wordsAt({ path, children, options, words, repeats }: Place): string[] {
  const each = words.map((word, i) => {
    const place = repeats && i === words.length - 1 ? `${quote(`${path}:`)}*` : quote(`${path}:${i}`);
    return `${place}) ${assign(word)} ;;`;
  });
  // Where no words are expected, options are all that there is.
  const nothing = words.length === 0 && children.length === 0;
  const rest = nothing ? spellingsOf(options) : children.join(" ");
  return rest === "" ? each : [...each, `${quote(`${path}:`)}*) words=${quote(rest)} ;;`];
}

function assign(value: Value): string {
  if (typeof value === "string") return ":";
  return "choices" in value ? `words=${quote(value.choices.join(" "))}` : `what=${value.dynamic}`;
}

/** The command line behind `run URI --` is completed as if it stood alone: by bash-completion, where that is loaded. */
const BASH = [
  "_swcli_bash() {",
  `local from=0 starts=() IFS=$' \\t\\n'`,
  "_swcli",
  'if [ "$from" -eq 0 ]; then return; fi',
  'set -- "${starts[from - 1]}"',
  'if declare -F _comp_command_offset >/dev/null; then _comp_command_offset "$1"',
  'elif declare -F _command_offset >/dev/null; then _command_offset "$1"',
  `elif [ "$1" -eq "$COMP_CWORD" ]; then IFS=$'\\n'; COMPREPLY=($(compgen -c -- "\${COMP_WORDS[COMP_CWORD]}")); fi`,
  "}",
];

const ZSH = [
  "_swcli_zsh() {",
  "local at n opt ended from",
  '_swcli_scan "${words[CURRENT]}" "${(@)words[2,CURRENT-1]}"',
  "if (( from )); then shift $from words; (( CURRENT -= from )); _normal",
  "else _bash_complete -F _swcli || { compset -P '--*='; _default; }",
  "fi",
  "}",
];
