/** Completion for fish. Tests: test/e2e/completion.test.ts, test/e2e/completion-keys.test.ts */
import { globalOptions, type Option, type Place, type Value } from "#cli/completion/tree.ts";

const quote = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

export function fishCompletion(places: readonly Place[], swcli: string): string {
  const lines = [
    ...scan(places),
    ...HELPERS,
    "function __swcli_words",
    "set -l value (string replace -r '^--[^=]*=' '' -- (commandline -ct))",
    `${quote(swcli)} __complete $argv "$value" 2>/dev/null`,
    "end",
    "complete -c swcli -f",
    `complete -c swcli -n '__swcli_at ${FOREIGN}' -x -a '(__swcli_foreign)'`,
    ...places.flatMap(linesAt),
    ...globalOptions().flatMap((option) => globalLines(option, places)),
  ];
  return `${lines.join("\n")}\n`;
}

/** Where a command line that is not ours has begun; no command is called so. */
const FOREIGN = "foreign";

/** Prints the command, how many words it has already, and where a command line that is not ours begins. */
const scan = (places: readonly Place[]): string[] => [
  "function __swcli_scan",
  "set -l at ''; set -l n 0; set -l i 1; set -l skip 0; set -l ended ''",
  "for word in (commandline -opc)[2..-1]",
  "set i (math $i + 1)",
  "if test $skip = 1; set skip 0; continue; end",
  'switch "$ended$word"',
  `case --; set ended ' '; if ${foreignNow(places)}; printf '%s\\n' ${FOREIGN} 0 (math $i + 1); return; end`,
  `case '-?*'; if contains -- "$at $word" ${takers(places)}; or contains -- $word ${takersAnywhere()}; set skip 1; end`,
  "case '*'",
  `if ${foreignNow(places)}; printf '%s\\n' ${FOREIGN} 0 $i; return; end`,
  "set n (math $n + 1)",
  'switch "$ended$at $word"',
  ...places.filter(({ path }) => path !== "").map(wayTo),
  "end",
  "end",
  "end",
  // Without `--` an option may still be ours.
  `if ${foreignNow(places)}; and test $skip = 0; and not string match -q -- '-*' "$ended"(commandline -ct)`,
  `printf '%s\\n' ${FOREIGN} 0 (math $i + 1); return`,
  "end",
  "printf '%s\\n' $at $n 0",
  "end",
];

/** Where the words of a command are complete and a command line follows. */
const foreignNow = (places: readonly Place[]): string =>
  `contains -- "$at $n" ${places
    .filter(({ command }) => command)
    .map(({ path, words }) => quote(`${path} ${words.length}`))
    .join(" ")}`;

const takesValue = ({ value }: Option) => value !== "none";

const takers = (places: readonly Place[]): string =>
  places
    .flatMap(({ path, options }) =>
      options.filter(takesValue).flatMap(({ spellings }) => spellings.map((one) => quote(`${path} ${one}`))),
    )
    .join(" ");

const takersAnywhere = (): string =>
  globalOptions()
    .filter(takesValue)
    .flatMap(({ spellings }) => spellings)
    .join(" ");

function wayTo({ path, alias }: Place): string {
  const parent = path.slice(0, path.lastIndexOf(" ") + 1);
  const typed = [path, ...alias.map((one) => `${parent}${one}`)].map((one) => (path.includes(" ") ? one : ` ${one}`));
  return `case ${typed.map(quote).join(" ")}; set at ${quote(path)}; set n 0`;
}

/** `__swcli_at COMMAND [WORDS]`, and what the shell itself offers for a command line. */
const HELPERS = [
  "function __swcli_at",
  "set -l scan (__swcli_scan)",
  'test "$scan[1]" = "$argv[1]"; or return',
  "set -q argv[2]; or return 0",
  "string match -q -- $argv[2] $scan[2]",
  "end",
  "function __swcli_foreign",
  "set -l words (commandline -opc)",
  "set -l current (commandline -ct)",
  `complete -C (string join ' ' -- (string escape -- $words[(__swcli_scan)[3]..-1]) "$current")`,
  "end",
];

function linesAt({ path, children, options, words, repeats }: Place): string[] {
  const here = (n = "") => `complete -c swcli -n ${quote(`__swcli_at ${quote(path)} ${n}`.trim())}`;
  return [
    ...(children.length > 0 ? [`${here()} -a ${quote(children.join(" "))}`] : []),
    ...words.flatMap((word, i) => wordLines(here(repeats && i === words.length - 1 ? "'*'" : `${i}`), word)),
    ...options.flatMap((option) => option.spellings.map((one) => optionLine(here(), one, option))),
  ];
}

/** Not where a command has given the spelling a meaning of its own. */
function globalLines(option: Option, places: readonly Place[]): string[] {
  return option.spellings.map((one) => {
    const taken = places.filter(({ options }) => options.some(({ spellings }) => spellings.includes(one)));
    const unless = [FOREIGN, ...taken.map(({ path }) => quote(path))].join(" ");
    return optionLine(`complete -c swcli -n ${quote(`not contains -- (__swcli_scan)[1] ${unless}`)}`, one, option);
  });
}

const optionLine = (here: string, spelling: string, { value, description }: Option) =>
  `${here} ${spelled(spelling)}${valueFor(value)} -d ${quote(description)}`;

const spelled = (text: string) =>
  text.startsWith("--") ? `-l ${text.slice(2)}` : text.length === 2 ? `-s ${text.slice(1)}` : `-o ${text.slice(1)}`;

function wordLines(here: string, value: Value): string[] {
  if (value === "none") return [];
  if (value === "file") return [`${here} -F`];
  const files = "files" in value ? [`${here} -F`] : [];
  return [`${here} -a ${quote(wordsOf(value))}`, ...files];
}

function valueFor(value: Value): string {
  if (value === "none") return "";
  return value === "file" ? " -r -F" : ` -x -a ${quote(wordsOf(value))}`;
}

const wordsOf = (value: Exclude<Value, string>) =>
  "choices" in value ? value.choices.join(" ") : `(__swcli_words ${value.dynamic})`;
