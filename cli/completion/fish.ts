/** Completion for fish. Tests: test/e2e/completion.test.ts */
import type { Place, Value } from "#cli/completion/tree.ts";

const quote = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

export function fishCompletion(places: readonly Place[], swcli: string): string {
  const lines = [
    "function __swcli_at",
    "set -l at ''",
    "for word in (commandline -opc)[2..-1]",
    'switch (string trim -- "$at $word")',
    ...places.filter(({ path }) => path !== "").map(wayTo),
    "end",
    "end",
    "echo $at",
    "end",
    `function __swcli_words; ${quote(swcli)} __complete $argv (commandline -ct) 2>/dev/null; end`,
    "complete -c swcli -f",
    ...places.flatMap(linesAt),
  ];
  return `${lines.join("\n")}\n`;
}

function wayTo({ path, alias }: Place): string {
  const parent = path.includes(" ") ? `${path.slice(0, path.lastIndexOf(" "))} ` : "";
  return `case ${[path, ...alias.map((one) => `${parent}${one}`)].map(quote).join(" ")}; set at ${quote(path)}`;
}

function linesAt({ path, children, options, argument }: Place): string[] {
  const here = `complete -c swcli -n ${quote(`test (__swcli_at) = "${path}"`)}`;
  return [
    ...(children.length > 0 ? [`${here} -a ${quote(children.join(" "))}`] : []),
    ...argumentOf(here, argument),
    ...options.map(
      (option) =>
        `${here} ${option.spellings.map(spelling).join(" ")}${valueFor(option.value)} -d ${quote(option.description)}`,
    ),
  ];
}

const spelling = (text: string) =>
  text.startsWith("--") ? `-l ${text.slice(2)}` : text.length === 2 ? `-s ${text.slice(1)}` : `-o ${text.slice(1)}`;

function argumentOf(here: string, value: Value): string[] {
  if (value === "none") return [];
  if (value === "file") return [`${here} -F`];
  return [`${here} -a ${quote(wordsOf(value))}`];
}

function valueFor(value: Value): string {
  if (value === "none") return "";
  return value === "file" ? " -r -F" : ` -x -a ${quote(wordsOf(value))}`;
}

const wordsOf = (value: Exclude<Value, string>) =>
  "choices" in value ? value.choices.join(" ") : `(__swcli_words ${value.dynamic})`;
