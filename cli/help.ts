/**
 * Help of a command, a group and the whole program, from their definitions.
 * citty's renderUsage is not used: it knows no choices, examples, wrapping or multi-letter shorts.
 * Tests: test/unit/cli/run.test.ts
 */
import type { ArgDef, ArgDefs } from "#cli/arg-def.ts";
import { type AnyCommand, type Group, isGroup, type Node } from "#cli/command.ts";
import type { Paint } from "#cli/output/terminal.ts";
import { type Definition, definitions, wrap } from "#cli/output/views/definitions.ts";
import { globalArgs, optionSpellings } from "#cli/spellings.ts";

export interface HelpOptions {
  readonly width: number;
  readonly paint: Paint;
}

/** `path` is the full names from the program on: ["swcli", "runtime", "build"]. */
export async function renderHelp(path: readonly string[], node: Node, options: HelpOptions): Promise<string> {
  if (isGroup(node)) return groupHelp(path, node, options);
  return commandHelp(path, { command: await node.load(), alias: node.alias }, options);
}

export const usageLine = (path: readonly string[], args: ArgDefs): string =>
  ["Usage:", ...path, "[OPTIONS]", ...Object.entries(args).filter(isPositional).map(positionalUsage)].join(" ");

function commandHelp(
  path: readonly string[],
  { command, alias }: { command: AnyCommand; alias: readonly string[] },
  { width, paint }: HelpOptions,
): string {
  const args = command.args ?? {};
  const visible = Object.entries(args).filter(([, def]) => !def.hidden);
  const positionals = visible
    .filter(isPositional)
    .map(([key, def]): Definition => [positionalName(key, def), explain(def)]);
  const own = visible.filter((entry) => !isPositional(entry)).map(([key, def]) => optionRow(key, def));
  const section = sections(width, paint);
  return [
    usageLine(path, args),
    wrap(command.meta.description, width).join("\n"),
    alias.length > 0 && `Also: ${alias.join(", ")}`,
    section("Arguments", positionals),
    section("Options", own),
    section("Global options", globalRows(args)),
    examples(command.meta.examples, paint),
  ]
    .filter(Boolean)
    .join("\n\n");
}

async function groupHelp(path: readonly string[], group: Group, { width, paint }: HelpOptions): Promise<string> {
  const rows = await Promise.all(Object.entries(group.subCommands).map(([name, node]) => subCommandRow(name, node)));
  const isRoot = path.length === 1;
  const section = sections(width, paint);
  return [
    isRoot ? `Usage: ${path[0]} [GLOBAL OPTIONS] COMMAND …` : `Usage: ${path.join(" ")} COMMAND …`,
    wrap(group.description, width).join("\n"),
    group.alias.length > 0 && `Also: ${group.alias.join(", ")}`,
    section(
      "Commands",
      rows.filter((row) => row !== undefined),
    ),
    isRoot && section("Global options, before the command or after it", globalRows({})),
    isRoot && wrap(EXIT_CODES, width).join("\n"),
    wrap(`Unambiguous prefixes of commands work. More: ${path.join(" ")} COMMAND --help`, width).join("\n"),
  ]
    .filter(Boolean)
    .join("\n\n");
}

const EXIT_CODES =
  "Exit codes: 0 done, 1 failed, 2 usage or unreadable input, 3 not found, 4 conflict with what is there; " +
  "run: 125 failed before the command, 126 it can't be executed, 127 it is not there; 130 interrupted, 143 terminated.";

async function subCommandRow(name: string, node: Node): Promise<Definition | undefined> {
  if (!isGroup(node) && node.hidden) return undefined;
  const names = node.alias.length > 0 ? `${name} (${node.alias.join(", ")})` : name;
  if (isGroup(node)) return [names, node.description];
  const { meta } = await node.load();
  return meta.hidden ? undefined : [names, firstSentence(meta.description)];
}

const firstSentence = (text: string) => text.split(/(?<=\.)\s/)[0]!.replace(/\.$/, "");

const sections = (width: number, paint: Paint) => (title: string, rows: readonly Definition[]) =>
  rows.length > 0 && `${paint.bold(`${title}:`)}\n${definitions(rows, width)}`;

function examples(lines: readonly string[] | undefined, paint: Paint): string | false {
  return (
    lines !== undefined && lines.length > 0 && [paint.bold("Examples:"), ...lines.map((line) => `  ${line}`)].join("\n")
  );
}

/** The global options with the spellings that the verb left them. */
function globalRows(own: ArgDefs): Definition[] {
  const taken = new Set(Object.entries(own).flatMap(([key, def]) => optionSpellings(key, def)));
  return Object.entries(globalArgs).flatMap(([key, def]): Definition[] => {
    const left = optionSpellings(key, def).filter((spelling) => !taken.has(spelling));
    return left.length > 0 ? [[spelled(left, key, def), explain(def)]] : [];
  });
}

const optionRow = (key: string, def: ArgDef): Definition => [
  spelled(optionSpellings(key, def), key, def),
  explain(def),
];

/** `-t, --tag TAG`; options without a short are set in to where the long ones begin. */
function spelled(spellings: readonly string[], key: string, def: ArgDef): string {
  const text = spellings.join(", ");
  const indented = text.startsWith("--") ? `    ${text}` : text;
  if (def.type !== "string") return def.negatable ? `${indented}, --no-${key}` : indented;
  const name = valueName(key, def);
  return def.optionalValue === undefined ? `${indented} ${name}` : `${indented}[=${name}]`;
}

function explain(def: ArgDef): string {
  const choices = def.values?.filter(Boolean).join(", ");
  const facts = [
    choices && !def.description.includes(choices) && `one of: ${choices}`,
    def.type === "string" && def.required && "required",
    def.repeat && def.type === "string" && "repeatable",
    typeof def.default === "string" && def.default !== "" && `default: ${def.default}`,
  ].filter(Boolean);
  return facts.length > 0 ? `${def.description} [${facts.join("; ")}]` : def.description;
}

const valueName = (key: string, def: ArgDef) => def.valueName ?? key.toUpperCase();

const isPositional = ([, def]: readonly [string, ArgDef]) => def.type === "positional" || def.type === "rest";

const positionalName = (key: string, def: ArgDef) => valueName(key, def);

function positionalUsage([key, def]: readonly [string, ArgDef]): string {
  const name = positionalName(key, def);
  const dots = def.type === "rest" || def.repeat ? "…" : "";
  return def.required ? `${name}${dots}` : `[${name}${dots}]`;
}
