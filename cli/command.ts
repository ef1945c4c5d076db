/**
 * What a command and a group of commands are: citty's shapes, with our options and values that keep repeats.
 * citty's own `defineCommand` is the same identity; its argument types know no counts, repeats or verbatim rest.
 * Tests: test/unit/cli/run.test.ts
 */
import type { CommandMeta } from "citty";
import type { ArgDefs, ParsedArgs } from "#cli/args.ts";
import type { Out } from "#cli/output/out.ts";
import type { SwError } from "#core/errors.ts";

export interface Meta extends Pick<CommandMeta, "hidden"> {
  readonly name: string;
  readonly description: string;
  /** Command lines as a person would type them, shown by help; `line  # comment` is fine. */
  readonly examples?: readonly string[];
  /** The command that a person typed, where a script of ours calls this one for it: errors point to its help. */
  readonly typedAs?: string;
  /** What it prints is code for a shell: always text, whatever format was asked for. */
  readonly code?: boolean;
}

export interface Invocation<T extends ArgDefs> {
  readonly args: ParsedArgs<T>;
  readonly data: Out;
}

export interface Command<T extends ArgDefs = ArgDefs> {
  readonly meta: Meta;
  readonly args?: T;
  /** A number that comes back is the exit code. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most verbs return nothing
  run(invocation: Invocation<T>): Promise<number | void> | number | void;
  /** The exit code of a failure after the usage was right, where it is not the error's own (`run`: 125). */
  exitCodeOf?(error: SwError): number;
}

/** A command whose arguments' types the tree has forgotten: only its own parsed arguments may be given to it. */
export interface AnyCommand extends Omit<Command, "run"> {
  // biome-ignore lint/suspicious/noConfusingVoidType: as above
  run(invocation: { readonly args: never; readonly data: Out }): Promise<number | void> | number | void;
}

export interface Verb {
  readonly alias: readonly string[];
  readonly hidden: boolean;
  /** Imports the command's file; nothing of a verb is loaded before. */
  readonly load: () => Promise<AnyCommand>;
}

export interface Group {
  readonly alias: readonly string[];
  readonly description: string;
  readonly subCommands: Readonly<Record<string, Verb | Group>>;
}

export type Node = Verb | Group;

export const isGroup = (node: Node): node is Group => "subCommands" in node;

export function defineCommand<const T extends ArgDefs>(command: Command<T>): Command<T> {
  return command;
}

/** A line of the tree: the file of a verb and its other names. */
export function verb(load: () => Promise<{ default: AnyCommand }>, ...alias: string[]): Verb {
  return { alias, hidden: false, load: async () => (await load()).default };
}
