/** A door to a server that counts what passes in each direction, and can be shut. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

type Way = "up" | "down";

export interface CountingProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** Bytes that clients sent. */
  readonly up: number;
  /** Bytes that clients got. */
  readonly down: number;
  /** Lets nothing more pass once this many more bytes went that way; the promise ends when they have. */
  holdAfter(way: Way, bytes: number): Promise<void>;
  /** Lets all pass again. */
  go(): void;
}

/** @param target `host:port` */
export async function countingProxy(target: string): Promise<CountingProxy> {
  const door = new Door();
  const server = createServer((client) => door.join(client, target));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    door.shut();
    await new Promise((resolve) => server.close(resolve));
  };
  return Object.assign(door, { host, [Symbol.asyncDispose]: close });
}

class Door {
  up = 0;
  down = 0;
  readonly #open = new Set<Socket>();
  #hold: { way: Way; at: number; reached: () => void } | undefined;
  #isHeld = false;

  join(client: Socket, target: string): void {
    const [hostname = "", port = ""] = target.split(":");
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      this.#open.add(socket);
      socket.on("error", () => client.destroy() && upstream.destroy());
      socket.on("close", () => {
        client.destroy();
        upstream.destroy();
        this.#open.delete(socket);
      });
    }
    client.on("data", (chunk) => this.#pass("up", chunk.length));
    upstream.on("data", (chunk) => this.#pass("down", chunk.length));
    client.pipe(upstream).pipe(client);
    if (this.#isHeld) for (const socket of [client, upstream]) socket.pause();
  }

  #pass(way: Way, bytes: number): void {
    this[way] += bytes;
    if (this.#hold?.way !== way || this[way] < this.#hold.at) return;
    this.#isHeld = true;
    for (const socket of this.#open) socket.pause();
    this.#hold.reached();
    this.#hold = undefined;
  }

  async holdAfter(way: Way, bytes: number): Promise<void> {
    await new Promise<void>((reached) => {
      this.#hold = { way, at: this[way] + bytes, reached };
    });
  }

  go(): void {
    this.#isHeld = false;
    for (const socket of this.#open) socket.resume();
  }

  shut(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
