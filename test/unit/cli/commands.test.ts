import { expect, test } from "bun:test";
import { type Group, isGroup, type Node } from "#cli/command.ts";
import { root } from "#cli/commands.ts";
import { optionSpellings } from "#cli/spellings.ts";
import { matchNames } from "#cli/suggest.ts";
import { ACTIVATE_WORDS } from "#core/env/activation/activate-words.ts";

/** Every verb with the path to it. */
function verbs(group: Group, path: string[] = []): [string, Exclude<Node, Group>][] {
  return Object.entries(group.subCommands).flatMap(([name, node]) =>
    isGroup(node)
      ? verbs(node, [...path, name])
      : [[[...path, name].join(" "), node] as [string, Exclude<Node, Group>]],
  );
}

test.each(verbs(root))("%s: its file names it, its options are spelled once", async (path, verb) => {
  const command = await verb.load();
  expect(command.meta.name).toBe(path.split(" ").at(-1)!);
  expect(command.meta.description).not.toBe("");
  const spellings = Object.entries(command.args ?? {}).flatMap(([key, def]) => optionSpellings(key, def));
  expect(spellings.filter((spelling, i) => spellings.indexOf(spelling) !== i)).toEqual([]);
});

test("no two commands of a group share a name or alias", () => {
  const check = (group: Group) => {
    const names = Object.entries(group.subCommands).flatMap(([name, node]) => [name, ...node.alias]);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    Object.values(group.subCommands).filter(isGroup).forEach(check);
  };
  check(root);
});

test("a hooked shell takes for `runtime activate` what the command line takes for it, and nothing else", () => {
  const verbs = (root.subCommands.runtime as Group).subCommands;
  const entries = Object.entries(verbs).map(([name, { alias }]) => ({ name, alias }));
  const beginnings = ["activate", "actv"].flatMap((word) => [...word].map((_, i) => word.slice(0, i + 1)));
  const alone = beginnings.filter((word) => {
    const found = matchNames(word, entries);
    return found.length === 1 && found[0]?.name === "activate";
  });
  expect(new Set<string>(ACTIVATE_WORDS)).toEqual(new Set(alone));
});
