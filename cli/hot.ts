/**
 * The warm way of `runtime run URI CMD…`, `runtime activate URI` and `runtime list`: argv → what is known of the runtime,
 * or one question to the daemon → execve or a table.
 * Takes only the plain forms; whatever is unusual (options, no daemon, no environment yet) returns and the long way does it.
 * Must stay free of heavy imports. Tests: test/e2e/run-quick.test.ts, test/e2e/list.test.ts
 */
import { hotQuery, queryEnv } from "#cli/client/hot-query.ts";
import { hotConfig, hotRoot } from "#cli/client/hot-target.ts";
import { execProgram } from "#cli/shell/exec.ts";
import type { ActivationPlan } from "#core/env/activation/plan.ts";
import { applyPlan } from "#core/env/activation/plan.ts";
import { quickPlan } from "#core/env/activation/quick-look.ts";
import type { ResultOf } from "#core/protocol/methods.ts";

interface Ready {
  state: "ready";
  plan: ActivationPlan;
  rc?: string;
  warning?: string;
}

/** Ends or replaces the process when it can; returns when the long way has to be taken. */
export async function tryHot(argv: readonly string[]): Promise<void> {
  const [group, verb, uri] = argv;
  if ((group !== "runtime" && group !== "rt") || process.env.SW_NO_DAEMON) return;
  if (uri === undefined) return verb === "list" || verb === "ls" ? await hotList() : undefined;
  if (uri.startsWith("-")) return;
  if (verb === "run") await hotRun(uri, argv.slice(3));
  else if ((verb === "activate" || verb === "actv") && argv.length === 3) await hotActivate(uri);
}

async function hotRun(uri: string, rest: string[]): Promise<void> {
  const command = rest[0] === "--" ? rest.slice(1) : rest;
  // What looks like an option is one, unless `--` stands before it.
  if (command[0] === undefined || (command === rest && command[0].startsWith("-"))) return;
  const plan = known(uri) ?? (await ask(uri))?.plan;
  if (plan) execProgram(command[0], command, applyPlan(plan, process.env));
}

function known(uri: string): ActivationPlan | undefined {
  const [root, config] = [hotRoot(process.env), hotConfig(process.env)];
  return root && config ? quickPlan({ uri, root, config }) : undefined;
}

async function hotList(): Promise<void> {
  const rows = await hotQuery("runtime.list", { filters: [], show_removed: false }, { cwd: "/", env: queryEnv() });
  if (rows === undefined) return;
  const { printList } = await import("#cli/runtime/list-plain.ts");
  if (await printList(rows as ResultOf<"runtime.list">)) process.exit(0);
}

async function hotActivate(uri: string): Promise<void> {
  const { enterShell, thisShell } = await import("#cli/shell/enter.ts");
  const shell = thisShell();
  const ready = await ask(uri, shell.kind);
  if (ready?.rc) enterShell(shell, ready.rc);
}

/** The ready environment; undefined when there is anything to do or to say first. */
async function ask(uri: string, shell?: string): Promise<Ready | undefined> {
  const answer = (await hotQuery("runtime.activation", { uri, shell }, { cwd: "/", env: queryEnv() })) as
    | Ready
    | undefined;
  return answer?.state === "ready" && answer.warning === undefined ? answer : undefined;
}
