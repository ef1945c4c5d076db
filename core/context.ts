/**
 * What every function of core gets instead of ambient state: the client's environment and folder,
 * the clock, the paths of the store, the cancel signal, the report, and what a long-lived process remembers.
 */
import type { Flights } from "#core/flight.ts";
import type { Memo } from "#core/memo.ts";
import type { Env } from "#core/platform/env.ts";
import type { Paths } from "#core/platform/paths.ts";
import type { Report } from "#core/report.ts";

export interface Clock {
  /** Unix time in milliseconds. */
  now(): number;
}

/** By a name for what was decided. */
export interface Decisions {
  get(what: string): string | undefined;
  set(what: string, value: string): Promise<void>;
}

export interface Ctx {
  /** The environment of the client that asks, never the daemon's own. */
  readonly env: Env;
  /** The client's working directory, absolute. */
  readonly cwd: string;
  readonly clock: Clock;
  readonly paths: Paths;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly memo: Memo;
  /** False in a client that runs the work itself: nothing outlives the command there. */
  readonly longLived: boolean;
  /** Work under way in this process that others may join. */
  readonly flights: Flights;
  /** The lease of the operation that this is part of; a query has none and must not put content into the store. */
  readonly lease?: string;
  /** What this work decided before it was interrupted; only work that can be started again has it. */
  readonly decided?: Decisions | undefined;
  /**
   * Starts work that outlives the request (the daemon keeps it as an operation of its own; in-process mode drops it).
   * Work with the same key runs once.
   */
  readonly background: (key: string, title: string, work: (ctx: Ctx) => Promise<void>) => void;
  /**
   * Awaited before what may take minutes (a resolution, an installation): only some may do such work at a time, and a call
   * that does is a job. Never inside of what others may join: they would wait for the turn of one who waits for theirs.
   * Without a daemon, and for what is no job, it is always one's turn.
   */
  readonly takeTurn: () => Promise<void>;
}

/** The same context with parts replaced. */
export const withCtx = (ctx: Ctx, parts: Partial<Ctx>): Ctx => ({ ...ctx, ...parts });
