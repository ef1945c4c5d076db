/**
 * What can be typed after what, read off the tree of commands: sub-commands, options, and what their values are.
 * Knows no shell. Tests: test/e2e/completion.test.ts
 */
import type { ArgDef, ArgDefs } from "#cli/arg-def.ts";
import { isGroup, type Node } from "#cli/command.ts";
import { globalArgs, optionSpellings } from "#cli/spellings.ts";

/** Names that swcli is asked for (with files beside them, perhaps), a fixed choice, files, or nothing to say. */
export type Value =
  | { dynamic: "uri" | "project" | "env" | "kernel"; files?: true }
  | { choices: readonly string[] }
  | "file"
  | "none";

export interface Option {
  spellings: string[];
  description: string;
  /** What the next word is. */
  value: Value;
}

export interface Place {
  /** "" for swcli itself, "runtime", "runtime list". */
  path: string;
  /** Other spellings of the last word. */
  alias: readonly string[];
  children: string[];
  /** Its own; beside them the global ones are right everywhere. */
  options: Option[];
  /** What its words are, in their order. */
  words: Value[];
  /** The last of them can be repeated. */
  repeats: boolean;
  /** Behind its words a command line of its own follows. */
  command: boolean;
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
  const own = { path, alias, children: shown.map(({ name }) => name), options: [] };
  return [{ ...own, words: [], repeats: false, command: false }, ...shown.flatMap(({ below }) => below)];
}

async function placeOfVerb(node: Exclude<Node, { subCommands: unknown }>, path: string, alias: readonly string[]) {
  const { meta, args = {} } = await node.load();
  if (meta.hidden) return [];
  const words = Object.entries(args).filter(([, def]) => def.type === "positional");
  const place: Place = {
    ...{ path, alias, children: [] },
    options: optionsOf(args),
    words: words.map(([key, def]) => valueFor(key, def)),
    repeats: words.at(-1)?.[1].repeat ?? false,
    command: Object.values(args).some((def) => def.type === "rest"),
  };
  return [place];
}

/** Right before and after every command. */
export const globalOptions = (): Option[] => optionsOf(globalArgs);

const optionsOf = (defs: ArgDefs): Option[] =>
  Object.entries(defs)
    .filter(([, def]) => def.type !== "positional" && def.type !== "rest" && !def.hidden)
    .map(([key, def]) => ({
      spellings: [...optionSpellings(key, def), ...(def.negatable ? [`--no-${key}`] : [])],
      description: def.description,
      value: def.type === "string" && def.optionalValue === undefined ? valueFor(key, def) : ("none" as const),
    }));

const KEYS: Readonly<Record<string, Value>> = {
  uri: { dynamic: "uri" },
  runtime: { dynamic: "uri" },
  project: { dynamic: "project" },
  "dest-local-project": { dynamic: "project" },
  src: { dynamic: "uri", files: true },
  dest: { dynamic: "uri", files: true },
  env: { dynamic: "env" },
  kernel: { dynamic: "kernel" },
};

function valueFor(key: string, def: ArgDef): Value {
  if (def.values) return { choices: def.values };
  return KEYS[key] ?? "file";
}
