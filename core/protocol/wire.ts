/**
 * The wire between client and daemon: HTTP over a Unix socket, JSON for queries, NDJSON for operations.
 * Types and constants only (the hot path imports it). Described in docs/protocol.md. Tests: test/unit/core/protocol/wire.test.ts
 */
import type { ErrorJson } from "#core/errors.ts";
import type { ProgressEvent } from "#core/report.ts";

/** Raised only when an old peer could misunderstand a new one; fields are added without it. */
export const PROTOCOL = 1;
export const BUILD_HEADER = "x-swcli-build";
export const ROOT_HEADER = "x-swcli-root";
export const NDJSON = "application/x-ndjson";

/** What the daemon may know of the client. */
export interface ClientInfo {
  cwd: string;
  env: Record<string, string>;
}

export interface CallBody {
  params: unknown;
  client: ClientInfo;
  /** The operation goes on when the connection closes. */
  detach?: boolean;
}

/** `GET /v1/hello`: frozen, every build of every version must understand it. */
export interface Hello {
  protocol: number;
  build: string;
  version: string;
  pid: number;
  root: string;
  socket: string;
  uptime_s: number;
  rss_bytes: number;
}

/** One line of an operation's answer; exactly one `done` or `failed` ends it. */
export type OpEvent =
  | { type: "accepted"; op: string }
  /** From here on it is a job: it goes on, or is started again, when its daemon ends. */
  | { type: "job"; id: string }
  | { type: "progress"; event: ProgressEvent }
  | { type: "log"; text: string }
  | { type: "warn"; text: string }
  | { type: "beat" }
  | { type: "done"; result: unknown }
  | { type: "failed"; error: ErrorJson };

/** One of `GET /v1/ops`: what runs, and what ended lately. Times are Unix ms. */
export interface OpRow {
  op: string;
  method: string;
  title: string;
  started_at: number;
  ended_at: number | null;
}

/** Seconds between two beats of a silent operation. */
export const BEAT_SECONDS = 5;

/** Variables that would change our own programs never cross the wire. */
export const isOwnVariable = (key: string): boolean =>
  key.startsWith("BUN_") || key.startsWith("LD_") || key.startsWith("DYLD_") || key === "NODE_OPTIONS";
