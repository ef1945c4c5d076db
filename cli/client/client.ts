/**
 * The typed client: one call by name, over the socket or in-process. Starts the daemon when none listens, replaces one of
 * another build. Queries reconnect once, jobs go on with the next daemon; other operations that were lost say so.
 * Tests: test/e2e/daemon.test.ts, test/e2e/job-follow.test.ts
 */

import { hotQuery, queryEnv } from "#cli/client/hot-query.ts";
import { hotTarget, isSafeDir, type Target } from "#cli/client/hot-target.ts";
import { Interrupt } from "#cli/client/interrupt.ts";
import { askDaemons, isLost } from "#cli/client/next-daemon.ts";
import { type Answer, type CallOptions, readAnswer, request } from "#cli/client/socket-transport.ts";
import { SwError } from "#core/errors.ts";
import type { MethodName, ParamsOf, ResultOf } from "#core/protocol/methods.ts";
import { type CallBody, type ClientInfo, isOwnVariable } from "#core/protocol/wire.ts";

export interface Client {
  call<M extends MethodName>(method: M, params: ParamsOf<M>, options?: Partial<CallOptions>): Promise<ResultOf<M>>;
  /** A call that only reads and answers at once: tries the quick exchange first. */
  query<M extends MethodName>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>>;
  /** Asks only a daemon that is there for a build that needs no work; null when it does, or none is there. */
  recall(params: ParamsOf<"runtime.recall">): Promise<ResultOf<"runtime.recall">>;
}

export interface ClientOptions extends Pick<CallOptions, "report"> {
  noDaemon: boolean;
  signal?: AbortSignal;
}

export function createClient(defaults: ClientOptions): Client {
  const client: Client = {
    async query(method, params) {
      const quick = isInProcess(defaults) ? undefined : await hotQuery(method, params, queryInfo());
      return quick === undefined ? await client.call(method, params) : (quick as ResultOf<typeof method>);
    },
    async recall(params) {
      if (isInProcess(defaults)) return null;
      const answer = await hotQuery("runtime.recall", params, clientInfo());
      return (answer ?? null) as ResultOf<"runtime.recall">;
    },
    async call(method, params, options) {
      const body: CallBody = { params, client: clientInfo() };
      const merged = { ...defaults, ...options };
      const result = isInProcess(defaults)
        ? await inProcess(method, body, merged)
        : await overSocket(method, body, merged);
      // The schemas of the method table hold on both sides of one build; the wire refuses other builds.
      return result as ResultOf<typeof method>;
    },
  };
  return client;
}

const isInProcess = (options: ClientOptions) =>
  options.noDaemon || !["", "0", undefined].includes(process.env.SW_NO_DAEMON);

/** The whole environment of the client, minus what would change our own programs. */
export function clientInfo(): ClientInfo {
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(process.env)) {
    if (value !== undefined && !isOwnVariable(key)) env[key] = value;
  }
  return { cwd: currentFolder(), env };
}

/** Queries start no engine: what the short forms of a URI depend on is enough. */
const queryInfo = (): ClientInfo => ({ cwd: currentFolder(), env: queryEnv() });

function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    throw new SwError("USAGE", "the current folder does not exist any more", {
      hint: "Change to another folder (cd) and repeat.",
    });
  }
}

async function inProcess(method: string, body: CallBody, options: CallOptions): Promise<unknown> {
  const [{ callInProcess }, { resolveRoot }] = await Promise.all([
    import("#cli/client/in-process.ts"),
    import("#core/config/root.ts"),
  ]);
  const root = await resolveRoot(process.env);
  return await callInProcess(root, { method, params: body.params, client: body.client }, options);
}

// The first, and as many as start a job again.
const DAEMONS = 3;

/** A job whose daemon dies is started again by the next one for who comes back. */
async function overSocket(method: string, body: CallBody, options: CallOptions): Promise<unknown> {
  const text = JSON.stringify({ ...body, detach: options.detach });
  const isJob = ({ detail }: SwError) => {
    if (detail?.job) options.report.warn(`the daemon ended; the next one starts job ${detail.job} again`);
    return detail?.job !== undefined;
  };
  return await askDaemons(DAEMONS, () => callOnce(method, text, options), isJob);
}

async function callOnce(method: string, text: string, options: CallOptions): Promise<unknown> {
  const interrupt = new Interrupt(options);
  try {
    const first = await firstPost(await safeHotTarget(), method, text, interrupt);
    const answer = first ?? (await post(await startedTarget(), method, text, interrupt));
    if (!answer) throw new SwError("DAEMON_LOST", "the daemon does not answer", { hint: "Try again, or --no-daemon." });
    return await readAnswer(answer, options.report, interrupt);
  } finally {
    interrupt.over();
  }
}

/**
 * A daemon that was killed just now may still take a connection. It accepts a call before it begins it, so a call that was
 * not accepted goes to the next daemon; not while the one that was asked lives.
 */
async function firstPost(target: Target | undefined, ...call: [string, string, Interrupt]) {
  try {
    return await post(target, ...call);
  } catch (e) {
    if (!target || !isLost(e)) throw e;
    const { sayHello } = await import("#cli/client/ensure-daemon.ts");
    if (await sayHello(target)) throw e;
    return undefined;
  }
}

async function safeHotTarget(): Promise<Target | undefined> {
  const target = hotTarget(process.env);
  return target && (await isSafeDir(target.dir)) ? target : undefined;
}

async function startedTarget(): Promise<Target> {
  const [{ ensureDaemon }, { resolveRoot }] = await Promise.all([
    import("#cli/client/ensure-daemon.ts"),
    import("#core/config/root.ts"),
  ]);
  return await ensureDaemon(await resolveRoot(process.env));
}

/** undefined: nobody (of our build) listens; the call was not begun. */
async function post(
  target: Target | undefined,
  method: string,
  body: string,
  interrupt: Interrupt,
): Promise<Answer | undefined> {
  if (!target) return undefined;
  try {
    const response = await request(target, `/v1/call/${method}`, { method: "POST", body, signal: interrupt.signal });
    return response.status === 409 ? undefined : { response, target };
  } catch (e) {
    if (interrupt.signal.aborted) throw interrupt.error;
    if (isRefused(e)) return undefined;
    throw new SwError("DAEMON_LOST", "the daemon ended before it answered", { cause: e, hint: "Repeat the command." });
  }
}

/** Bun's word for a socket that is not there or has nobody behind it. */
const isRefused = (e: unknown) =>
  e instanceof Error &&
  "code" in e &&
  (e.code === "FailedToOpenSocket" ||
    e.code === "ConnectionRefused" ||
    e.code === "ENOENT" ||
    e.code === "ECONNREFUSED");
