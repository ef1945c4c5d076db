/**
 * What can be typed after what, read off the tree of commands: sub-commands, options, and what their values are.
 * Knows no shell. Tests: test/e2e/completion.test.ts
 */
import type { ArgDef } from "#cli/arg-def.ts";
import { isGroup, type Node } from "#cli/command.ts";
import { optionSpellings } from "#cli/spellings.ts";

/** Names from the store, a fixed choice, files, or nothing to say. */
export type Value = { dynamic: "uri" | "project" | "env" } | { choices: readonly string[] } | "file" | "none";

export interface Place {
  /** "" for swcli itself, "runtime", "runtime list". */
  path: string;
  /** Other spellings of the last word. */
  alias: readonly string[];
  children: string[];
  options: { spellings: string[]; description: string; value: Value }[];
  /** What its first argument is. */
  argument: Value;
}

/** Every place, from the top. */
export async function places(node: Node, path = "", alias: readonly string[] = []): Promise<Place[]> {
  if (!isGroup(node)) return await placeOfVerb(node, path, alias);
  const children = await Promise.all(
    Object.entries(node.subCommands).map(async ([name, child]) => {
      const below = await places(child, path === "" ? name : `${path} ${name}`, child.alias);
      return { name, below };
    }),
  );
  const shown = children.filter(({ below }) => below.length > 0);
  const own: Place = { path, alias, children: shown.map(({ name }) => name), options: [], argument: "none" };
  return [own, ...shown.flatMap(({ below }) => below)];
}

async function placeOfVerb(node: Exclude<Node, { subCommands: unknown }>, path: string, alias: readonly string[]) {
  const { meta, args = {} } = await node.load();
  if (meta.hidden) return [];
  const entries = Object.entries(args);
  const options = entries
    .filter(([, def]) => def.type !== "positional" && def.type !== "rest" && !def.hidden)
    .map(([key, def]) => ({
      spellings: optionSpellings(key, def),
      description: def.description,
      value: def.type === "string" ? valueFor(key, def) : ("none" as const),
    }));
  const [key, first] = entries.find(([, def]) => def.type === "positional") ?? ["", undefined];
  return [{ path, alias, children: [], options, argument: first ? valueFor(key, first) : ("none" as const) }];
}

const KEYS: Readonly<Record<string, Value>> = {
  uri: { dynamic: "uri" },
  runtime: { dynamic: "uri" },
  project: { dynamic: "project" },
  env: { dynamic: "env" },
};

function valueFor(key: string, def: ArgDef): Value {
  if (def.values) return { choices: def.values };
  return KEYS[key] ?? "file";
}
