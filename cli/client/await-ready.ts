/** "Ready, else make it and ask again": what activate, run, shellenv and the shell hook do first. */
import type { Client } from "#cli/client/client.ts";
import { askDaemons } from "#cli/client/next-daemon.ts";
import type { ShellKind } from "#cli/shell/detect.ts";
import { SwError } from "#core/errors.ts";
import type { ParamsOf, ResultOf } from "#core/protocol/methods.ts";

type Ready = Extract<ResultOf<"runtime.activation">, { state: "ready" }>;

/** How the environment is made when it is not there. */
export interface Making {
  fresh?: boolean;
  compile?: boolean;
  /** Of what is on this machine. */
  offline?: boolean;
}

/** `shell`: the one whose start files are wanted too; `pid`: the one that will evaluate the answer. */
export async function awaitReady(
  client: Client,
  uri: string,
  options: Making & { shell?: ShellKind; pid?: number } = {},
): Promise<Ready> {
  const ask = () => client.query("runtime.activation", { uri, shell: options.shell, pid: options.pid });
  return await awaitState(client, uri, { ...options, ask });
}

/** The same for any question whose answer is "ready" or "absent". */
export async function awaitState<A extends { state: "ready" } | { state: "absent" }>(
  client: Client,
  uri: string,
  options: Making & { ask: () => Promise<A> },
): Promise<Extract<A, { state: "ready" }>> {
  const first = await options.ask();
  // Who wants bytecode wants it of a ready one too.
  if (isReady(first) && !options.fresh && !options.compile) return first;
  const { fresh, compile, offline } = options;
  await prepare(client, { uri, fresh, compile, offline });
  const second = await options.ask();
  if (isReady(second)) return second;
  throw new SwError("ENV_BUILD_FAILED", "the environment was made and is gone again", {
    hint: "Something removes it (a cleaner, another swcli?); repeat the command.",
  });
}

const DAEMONS = 3;

/** A daemon that dies meanwhile has made nothing that is ever used, so the next one is asked for the same. */
async function prepare(client: Client, params: ParamsOf<"env.prepare">): Promise<void> {
  await askDaemons(DAEMONS, () => client.call("env.prepare", params));
}

const isReady = <A extends { state: string }>(answer: A): answer is Extract<A, { state: "ready" }> =>
  answer.state === "ready";
