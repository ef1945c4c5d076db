/**
 * One running worker of py-rattler: requests out, answers in, line by line. Ends when nobody has asked for a while; is killed
 * when a request is cancelled, since it can't be told to stop one, so whoever may cancel has it alone (rattler.ts); when it
 * dies, everything that waits for it fails with its last words.
 * Tests: test/unit/core/engines/rattler-worker.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError, throwIfAborted } from "#core/errors.ts";
import type { Env } from "#core/platform/env.ts";
import { type Service, startService } from "#core/platform/proc.ts";
import { redactUrl } from "#core/platform/redact.ts";

export type Request = { op: "hello" | "read" | "solve" | "check" | "install" } & Record<string, unknown>;
export type Answer = Record<string, unknown>;

/** An answer that says no; `kind` is the engine's own word for it. */
export class EngineRefusal extends Error {
  constructor(
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }
}

interface Waiting {
  ctx: Ctx;
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

const IDLE_MS = 60_000;

export class RattlerWorker {
  alive = true;
  /** Set by who has it alone. */
  taken = false;
  readonly #service: Service;
  readonly #waiting = new Map<number, Waiting>();
  readonly #idleMs: number;
  #next = 1;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(ctx: Ctx, argv: string[], env: Env, idleMs = IDLE_MS) {
    this.#idleMs = idleMs;
    this.#service = startService({ cwd: ctx.paths.store }, argv, { env, onLine: (line) => this.#hear(line) });
    void this.#service.exited.then((code) => this.#ended(code));
  }

  get pid(): number {
    return this.#service.pid;
  }

  /** @throws EngineRefusal for what the engine refuses, SwError CANCELLED, ENGINE_FAILED */
  async call(ctx: Ctx, request: Request): Promise<Answer> {
    throwIfAborted(ctx.signal);
    if (!this.alive) throw new SwError("ENGINE_FAILED", `the conda engine has ended\n${this.#service.lastWords()}`);
    const id = this.#next++;
    clearTimeout(this.#idle);
    this.#service.hold(true);
    const cancel = () => this.end();
    ctx.signal.addEventListener("abort", cancel, { once: true });
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.#waiting.set(id, { ctx, resolve, reject });
        this.#service.send(JSON.stringify({ ...request, id }));
      });
    } finally {
      ctx.signal.removeEventListener("abort", cancel);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#rest();
    }
  }

  end(): void {
    this.alive = false;
    clearTimeout(this.#idle);
    this.#service.kill();
  }

  #rest(): void {
    this.#service.hold(false);
    this.#idle = setTimeout(() => this.end(), this.#idleMs);
    this.#idle.unref();
  }

  #hear(line: string): void {
    const message = parse(line);
    const waiting = message && this.#waiting.get(message.id);
    if (!message || !waiting) return;
    const { body } = message;
    if (body.event === "log") waiting.ctx.report.log(redactUrl(String(body.text)));
    else if (body.event === "progress") {
      const [done, total] = [Number(body.done), Number(body.total)];
      waiting.ctx.report.progress({ step: "conda", text: "Linking conda packages", done, total });
    } else if (body.ok === true) waiting.resolve(body);
    else waiting.reject(new EngineRefusal(String(body.kind), redactUrl(String(body.message))));
  }

  #ended(code: number): void {
    this.alive = false;
    for (const { ctx, reject } of this.#waiting.values()) {
      if (ctx.signal.aborted) reject(new SwError("CANCELLED", "cancelled"));
      else
        reject(
          new SwError("ENGINE_FAILED", `the conda engine ended (exit code ${code})\n${this.#service.lastWords()}`),
        );
    }
  }
}

function parse(line: string): { id: number; body: Record<string, unknown> } | undefined {
  try {
    const body: unknown = JSON.parse(line);
    if (typeof body !== "object" || body === null || !("id" in body) || typeof body.id !== "number") return undefined;
    return { id: body.id, body: { ...body } };
  } catch {
    // Not ours: something printed to the channel of answers.
    return undefined;
  }
}
