/**
 * What one process (daemon, or a client in in-process mode) has for all its calls: paths, memory, flights.
 * Makes the context of each call; owns no domain logic. Tests: test/unit/daemon/host.test.ts
 */
import type { Ctx, Decisions } from "#core/context.ts";
import { Flights } from "#core/flight.ts";
import { Memo } from "#core/memo.ts";
import { type Paths, storePaths } from "#core/platform/paths.ts";
import type { ClientInfo } from "#core/protocol/wire.ts";
import type { Report } from "#core/report.ts";
import type { Jobs } from "#daemon/jobs/jobs.ts";

/** Starts work that outlives its request; the daemon makes an operation of it. */
export type Background = (host: Host, caller: ClientInfo, task: BackgroundTask) => void;

export interface BackgroundTask {
  key: string;
  title: string;
  work: (ctx: Ctx) => Promise<void>;
}

export interface Host {
  readonly root: string;
  readonly paths: Paths;
  readonly memo: Memo;
  readonly flights: Flights;
  readonly background: Background;
  /** False in a client that runs the work itself. */
  readonly longLived: boolean;
  /** Only in a daemon. */
  readonly jobs?: Jobs;
}

export function createHost(input: { root: string; locks: string; background: Background; longLived: boolean }): Host {
  return {
    root: input.root,
    paths: storePaths(input.root, input.locks),
    memo: new Memo(),
    flights: new Flights(),
    background: input.background,
    longLived: input.longLived,
  };
}

interface CallParts {
  signal: AbortSignal;
  report: Report;
  decided?: Decisions | undefined;
  /** Only of what can be a job. */
  takeTurn?: (() => Promise<void>) | undefined;
}

/** The context of one call. */
export function contextFor(host: Host, client: ClientInfo, call: CallParts): Ctx {
  return {
    env: client.env,
    cwd: client.cwd,
    clock: { now: () => Date.now() },
    paths: host.paths,
    memo: host.memo,
    flights: host.flights,
    signal: call.signal,
    report: call.report,
    decided: call.decided,
    longLived: host.longLived,
    background: (key, title, work) => host.background(host, client, { key, title, work }),
    takeTurn: call.takeTurn ?? (async () => {}),
  };
}
