/** A package index on this machine: the simple pages and files of given wheels, with or without hashes and a password. */
import { basename } from "node:path";
import { normalizeName } from "#core/lock/wheel-name.ts";

export interface IndexServer extends AsyncDisposable {
  origin: string;
  /** The address of the simple index. */
  url: string;
  /** Paths that were asked for. */
  asked: string[];
}

export interface IndexOptions {
  user?: string;
  password?: string;
  /** False leaves the hashes out of the pages, as plain file servers do. */
  hashes?: boolean;
}

export async function serveIndex(wheels: readonly string[], options: IndexOptions = {}): Promise<IndexServer> {
  const asked: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      if (!isAllowed(request, options))
        return new Response("", { status: 401, headers: { "www-authenticate": "Basic" } });
      const wheel = wheels.find((path) => pathname === `/files/${basename(path)}`);
      if (wheel) return new Response(Bun.file(wheel));
      const project = /^\/simple\/([^/]+)\/$/.exec(pathname)?.[1];
      const mine = wheels.filter((path) => normalizeName(basename(path).split("-")[0] ?? "") === project);
      if (mine.length === 0) return new Response("", { status: 404 });
      const links = await Promise.all(mine.map((path) => linkTo(path, options)));
      return new Response(`<!DOCTYPE html><html><body>${links.join("")}</body></html>`, {
        headers: { "content-type": "text/html" },
      });
    },
  });
  const origin = `http://127.0.0.1:${server.port}`;
  return { origin, url: `${origin}/simple`, asked, [Symbol.asyncDispose]: async () => await server.stop(true) };
}

const isAllowed = (request: Request, { user, password }: IndexOptions) =>
  user === undefined || request.headers.get("authorization") === `Basic ${btoa(`${user}:${password}`)}`;

async function linkTo(path: string, { hashes = true }: IndexOptions): Promise<string> {
  const digest = new Bun.CryptoHasher("sha256").update(await Bun.file(path).bytes()).digest("hex");
  const name = basename(path);
  return `<a href="/files/${name}${hashes ? `#sha256=${digest}` : ""}">${name}</a>`;
}
