/** A door to a server that counts what passes in each direction. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface CountingProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** Bytes that clients sent. */
  up: number;
  /** Bytes that clients got. */
  down: number;
}

/** @param target `host:port` */
export async function countingProxy(target: string): Promise<CountingProxy> {
  const [hostname = "", port = ""] = target.split(":");
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("error", () => client.destroy() && upstream.destroy());
      socket.on("close", () => {
        client.destroy();
        upstream.destroy();
        open.delete(socket);
      });
    }
    client.on("data", (chunk) => (proxy.up += chunk.length));
    upstream.on("data", (chunk) => (proxy.down += chunk.length));
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy: CountingProxy = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    up: 0,
    down: 0,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
