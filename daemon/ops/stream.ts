/**
 * An operation as an NDJSON answer: accepted, every event from the start, a beat in silence, one final event.
 * Closing the connection gives up this listener's hold. Tests: test/unit/daemon/ops/stream.test.ts
 */
import { SwError } from "#core/errors.ts";
import { BEAT_SECONDS, NDJSON, type OpEvent } from "#core/protocol/wire.ts";
import type { Operation } from "#daemon/ops/operation.ts";

/** `hold`: the operation lives at least as long as this listener (false for mere watchers). */
export function streamOperation(operation: Operation, hold: boolean): Response {
  return new Response(new OperationStream(operation, hold).body, { headers: { "content-type": NDJSON } });
}

class OperationStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #encoder = new TextEncoder();
  readonly #cleanups: (() => void)[] = [];
  #open = true;

  constructor(operation: Operation, hold: boolean) {
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => this.#follow(operation, hold, controller),
      cancel: () => this.#close(),
    });
  }

  #follow(operation: Operation, hold: boolean, controller: ReadableStreamDefaultController<Uint8Array>): void {
    const send = (event: OpEvent) => {
      if (this.#open) controller.enqueue(this.#encoder.encode(`${JSON.stringify(event)}\n`));
    };
    const finish = (event: OpEvent) => {
      if (!this.#open) return;
      send(event);
      this.#close();
      controller.close();
    };
    send({ type: "accepted", op: operation.id });
    void operation.job?.then((id) => send({ type: "job", id }));
    if (hold) this.#cleanups.push(operation.flight.hold());
    this.#cleanups.push(operation.flight.listen(send));
    const beat = setInterval(() => send({ type: "beat" }), BEAT_SECONDS * 1000);
    this.#cleanups.push(() => clearInterval(beat));
    operation.flight.result.then(
      (result) => finish({ type: "done", result }),
      (e: unknown) => finish({ type: "failed", error: SwError.from(e).toJSON() }),
    );
  }

  #close(): void {
    this.#open = false;
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
  }
}
