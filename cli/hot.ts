/**
 * The warm way of `runtime run URI CMD…` and `runtime activate URI`: argv → one question to the daemon → execve.
 * Takes only the plain forms; whatever is unusual (options, no daemon, no environment yet) returns and the long way does it.
 * Must stay free of heavy imports.
 */
import { hotQuery, queryEnv } from "#cli/client/hot-query.ts";
import { execProgram } from "#cli/shell/exec.ts";
import type { ActivationPlan } from "#core/env/activation/plan.ts";
import { applyPlan } from "#core/env/activation/plan.ts";

interface Ready {
  state: "ready";
  plan: ActivationPlan;
  rc?: string;
  warning?: string;
}

/** Replaces the process when it can; returns when the long way has to be taken. */
export async function tryHot(argv: readonly string[]): Promise<void> {
  const [group, verb, uri] = argv;
  if (group !== "runtime" && group !== "rt") return;
  if (uri === undefined || uri.startsWith("-") || process.env.SW_NO_DAEMON) return;
  if (verb === "run") await hotRun(uri, argv.slice(argv[3] === "--" ? 4 : 3));
  else if ((verb === "activate" || verb === "actv") && argv.length === 3) await hotActivate(uri);
}

async function hotRun(uri: string, command: string[]): Promise<void> {
  if (command[0] === undefined) return;
  const ready = await ask(uri);
  if (ready) execProgram(command[0], command, applyPlan(ready.plan, process.env));
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
