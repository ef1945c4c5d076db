/**
 * The daemon's life: it holds the root's lock while it listens, leaves when idle, retires for a newer build.
 * Knows no methods. The exact order of retiring: docs/protocol.md. Tests: test/e2e/daemon.test.ts
 */
import { realpathSync, statSync } from "node:fs";
import { errno } from "#core/errors.ts";
import { BUILD_ID, VERSION } from "#core/platform/build-info.ts";
import type { FileLock } from "#core/platform/file-lock.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import type { RunDir } from "#core/platform/run-dir.ts";
import { type Hello, PROTOCOL } from "#core/protocol/wire.ts";
import type { Host } from "#daemon/host.ts";
import { log } from "#daemon/life/log.ts";
import { Rest } from "#daemon/life/rest.ts";
import { sweepNow } from "#daemon/life/sweep.ts";
import type { Operations } from "#daemon/ops/operation.ts";

const CHECK_MS = 60_000;

export class Daemon {
  readonly build = BUILD_ID;
  readonly operations: Operations;
  readonly #startedAt = Date.now();
  readonly #idleMs: number;
  readonly #roots = new Map<string, boolean>();
  readonly #rest = new Rest();
  #lastTouch = Date.now();
  #socketInode = 0;
  #retiring = false;

  constructor(
    readonly host: Host,
    readonly run: RunDir,
    readonly lock: FileLock,
    options: { operations: Operations; idleMs: number },
  ) {
    this.operations = options.operations;
    this.#idleMs = options.idleMs;
  }

  /** Called once the socket is bound. */
  listening(): void {
    this.#socketInode = statSync(this.run.socket).ino;
    setInterval(() => this.#check(), Math.min(CHECK_MS, this.#idleMs));
  }

  touch(): void {
    this.#lastTouch = Date.now();
    this.#rest.later(() => this.operations.running.length > 0);
  }

  hello(): Hello {
    return {
      protocol: PROTOCOL,
      build: this.build,
      version: VERSION,
      pid: process.pid,
      root: this.host.root,
      socket: this.run.socket,
      uptime_s: Math.round((Date.now() - this.#startedAt) / 1000),
      rss_bytes: process.memoryUsage.rss(),
    };
  }

  /** Does this spelling of a root mean ours? Remembered: it is asked by each call. */
  isRoot(root: string): boolean {
    const known = this.#roots.get(root);
    if (known !== undefined) return known;
    const same = realpathIfAny(root) === realpathIfAny(this.host.root);
    if (same && this.#roots.size < 100) this.#roots.set(root, same);
    return same;
  }

  /** Idle for long, or unreachable since somebody removed the socket: leave. */
  #check(): void {
    if (!this.#socketIsOurs()) void this.retire("the socket is gone");
    else if (this.operations.running.length > 0) this.touch();
    else if (Date.now() - this.#lastTouch >= this.#idleMs) void this.retire("idle");
    if (!this.#retiring) void sweepNow(this.host);
  }

  #socketIsOurs(): boolean {
    try {
      return statSync(this.run.socket).ino === this.#socketInode;
    } catch (e) {
      if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR") throw e;
      return false;
    }
  }

  /** Unlink the socket (only while it is ours), give up the lock, finish what runs, leave. */
  async retire(why: string): Promise<void> {
    if (this.#retiring) return;
    this.#retiring = true;
    log(`retiring: ${why}`);
    await this.#removeSocket();
    this.lock.release();
    await this.operations.idle();
    // Not by stopping the server: Bun would unlink the socket's path, where the next daemon's socket may be by now.
    log("left");
    process.exit(0);
  }

  /** Whatever keeps it there, the lock must be given up: a next daemon unlinks what it finds. */
  async #removeSocket(): Promise<void> {
    try {
      if (this.#socketIsOurs()) await removeFile(this.run.socket);
    } catch (e) {
      log(`the socket stays: ${e}`);
    }
  }

  /** SIGTERM: as retire, but what runs is cancelled first. */
  async terminate(): Promise<void> {
    this.operations.leave();
    await this.retire("terminated");
  }
}

function realpathIfAny(path: string): string {
  try {
    return realpathSync(path);
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    return path;
  }
}
