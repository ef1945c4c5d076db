/**
 * The client's long way: global options, group, verb, arguments, command, exit code. Never throws.
 * Owns the order of these and the prefixes of command names. Tests: test/unit/cli/run.test.ts
 */
import { defaultGlobals, type GlobalOptions } from "#cli/arg-def.ts";
import { parseArgs } from "#cli/args.ts";
import { cancelledCode } from "#cli/client/cancel.ts";
import { type AnyCommand, type Group, isGroup, type Node, type Verb } from "#cli/command.ts";
import { root } from "#cli/commands.ts";
import { leadingGlobals } from "#cli/globals.ts";
import { createOut, type OutControl, type OutOptions } from "#cli/output/out.ts";
import { didYouMean, matchNames } from "#cli/suggest.ts";
import { SwError } from "#core/errors.ts";

export interface RunOptions extends OutOptions {
  readonly tree?: Group;
}

/** What was understood so far, for help and for errors. */
interface Run {
  readonly globals: GlobalOptions;
  readonly options: RunOptions;
  path: string[];
  node: Node;
  command?: AnyCommand;
  /** Made once the global options are known. */
  out?: OutControl;
}

/** Runs the command that `argv` (without the program) names; the exit code. */
export async function runCli(argv: readonly string[], options: RunOptions = {}): Promise<number> {
  const run: Run = { globals: globalsOf(process.env), options, path: ["swcli"], node: options.tree ?? root };
  let code: number;
  try {
    code = await dispatch(run, argv);
  } catch (e) {
    code = await fail(run, argv, e);
  }
  run.out?.finish();
  return (await run.out?.drain()) ?? code;
}

function globalsOf(env: Readonly<Record<string, string | undefined>>): GlobalOptions {
  const verbose = Number.parseInt(env.SW_LOG_VERBOSE_COUNT ?? "0", 10) || 0;
  return { ...defaultGlobals(), verbose, noDaemon: env.SW_NO_DAEMON === "1" };
}

function outOf(run: Run): OutControl {
  const globals: GlobalOptions = run.command?.meta.code ? { ...run.globals, output: "text" } : run.globals;
  run.out ??= createOut(globals, run.options);
  return run.out;
}

async function dispatch(run: Run, argv: readonly string[]): Promise<number> {
  const rest = walk(run, argv);
  if (run.globals.version) return showVersion(run);
  if (run.globals.help) return showHelp(run);
  if (isGroup(run.node)) return withoutVerb(run);
  return runVerb(run, run.node, rest);
}

async function runVerb(run: Run, verb: Verb, rest: readonly string[]): Promise<number> {
  const command = await verb.load();
  run.command = command;
  const args = parseArgs(command.args ?? {}, rest, run.globals);
  if (run.globals.version) return showVersion(run);
  if (run.globals.help) return showHelp(run);
  return (await command.run({ args: args as never, data: outOf(run) })) ?? 0;
}

/** Goes down the tree as far as words name commands; what is left belongs to the verb. */
function walk(run: Run, argv: readonly string[]): readonly string[] {
  let rest = argv;
  let helpAsked = false;
  while (isGroup(run.node)) {
    rest = leadingGlobals(rest, run.globals);
    const word = rest[0];
    if (word === undefined || run.globals.version) break;
    rest = rest.slice(1);
    // `swcli help runtime build`: the words name what is explained.
    if (run.path.length === 1 && !helpAsked && word.toLowerCase() === "help") {
      helpAsked = true;
      run.globals.help = true;
    } else descend(run, run.node, word);
  }
  return rest;
}

function descend(run: Run, group: Group, word: string): void {
  const entries = Object.entries(group.subCommands).map(([name, node]) => ({ name, node, alias: node.alias }));
  const matches = matchNames(word, entries);
  const found = matches[0];
  if (matches.length > 1) {
    const names = matches.map(({ name }) => name).sort();
    throw new SwError("USAGE", `${JSON.stringify(word)} can mean ${names.join(", ")}`);
  }
  if (!found) {
    const names = entries.flatMap(({ name, alias }) => [name, ...alias]);
    throw new SwError("USAGE", `unknown command ${JSON.stringify(word)}`, { hint: didYouMean(word, names) });
  }
  run.path = [...run.path, found.name];
  run.node = found.node;
}

async function showVersion(run: Run): Promise<number> {
  const { VERSION, BUILD_ID } = await import("#core/platform/build-info.ts");
  const value = { version: VERSION, build: BUILD_ID };
  outOf(run).print(value, () => (run.globals.verbose > 0 ? `${VERSION} (build ${BUILD_ID})` : VERSION));
  return 0;
}

/** Help is text, also with `-o json`. */
async function showHelp(run: Run): Promise<number> {
  run.globals.output = "text";
  const out = outOf(run);
  out.print(await helpText(run, out.isTty), (text) => text);
  return 0;
}

async function helpText(run: Run, isTty: boolean): Promise<string> {
  const [{ renderHelp }, { columns }] = await Promise.all([import("#cli/help.ts"), import("#cli/output/terminal.ts")]);
  return renderHelp(run.path, run.node, { width: columns(isTty), paint: outOf(run).paint });
}

/** The help goes to stderr: it is not what was asked for, and `x=$(swcli runtime)` shall see the failure. */
async function withoutVerb(run: Run): Promise<number> {
  const error = new SwError("USAGE", `${run.path.join(" ")} needs a command`);
  if (run.globals.output === "json") throw error;
  outOf(run).complain(await helpText(run, false));
  return error.exitCode;
}

async function fail(run: Run, argv: readonly string[], thrown: unknown): Promise<number> {
  const error = withUsage(run, SwError.from(thrown));
  // Options after the one that was wrong have not been read; a program that asked for JSON gets JSON.
  if (!run.out && asksForJson(argv)) run.globals.output = "json";
  outOf(run).fail(error);
  if (error.code === "USAGE") return error.exitCode;
  if (error.code === "CANCELLED") return cancelledCode();
  return run.command?.exitCodeOf?.(error) ?? error.exitCode;
}

/** Adds where to read on to what the person got wrong on the command line. */
function withUsage(run: Run, error: SwError): SwError {
  if (error.code !== "USAGE") return error;
  // What a job got wrong was typed for another command.
  const { command } = error.detail ?? {};
  const typed = typeof command === "string" ? command : (run.command?.meta.typedAs ?? run.path.join(" "));
  const see = `See \`${typed} --help\`.`;
  // An example at its end must not run into what follows.
  const gap = /[.!?]$/.test(error.hint ?? "") ? " " : "\n";
  const hint = error.hint ? `${error.hint}${gap}${see}` : see;
  return new SwError("USAGE", error.message, { hint, detail: error.detail, cause: error.cause });
}

const asksForJson = (argv: readonly string[]) => / (-o|--output)[ =]json /.test(` ${argv.join(" ").split(" -- ")[0]} `);
