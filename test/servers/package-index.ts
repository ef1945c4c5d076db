/**
 * A package index on loopback that serves given wheels: simple pages as HTML (PEP 503) or JSON (PEP 691), with a
 * password, slow, or broken in the ways that real ones are. Knows nothing of swcli.
 *
 *   await using index = await servePackages([wheel], { user: "me", password: "s3cret" });
 *   `--index-url ${index.urlFor("me", "s3cret")}`
 */
import { basename } from "node:path";

export interface PackageIndex extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** The address of the simple index. */
  readonly url: string;
  /** The same with a login in it. */
  urlFor(user: string, password: string): string;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
}

export interface PackageIndexOptions {
  readonly user?: string;
  readonly password?: string;
  /** False leaves the hashes out of the pages, as plain file servers do. */
  readonly hashes?: boolean;
  /** PEP 691 pages. */
  readonly json?: boolean;
  /** Before each answer. */
  readonly delayMs?: number;
  /** `error`: 500 for all. `cut`: files end half-way. `corrupt`: files are other bytes than their hash says. */
  readonly broken?: "error" | "cut" | "corrupt" | "html";
}

/** Starts one; it ends with `await using`. */
export async function servePackages(
  wheels: readonly string[],
  options: PackageIndexOptions = {},
): Promise<PackageIndex> {
  const files = await Promise.all(wheels.map(readWheel));
  const asked: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      asked.push(new URL(request.url).pathname);
      if (options.delayMs) await Bun.sleep(options.delayMs);
      return answer(request, files, options);
    },
  });
  const host = `127.0.0.1:${server.port}`;
  return {
    origin: `http://${host}`,
    url: `http://${host}/simple`,
    urlFor: (user, password) => `http://${user}:${password}@${host}/simple`,
    asked,
    [Symbol.asyncDispose]: async () => await server.stop(true),
  };
}

interface Wheel {
  readonly file: string;
  readonly project: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

async function readWheel(path: string): Promise<Wheel> {
  const bytes = await Bun.file(path).bytes();
  const file = basename(path);
  const project = (file.split("-")[0] ?? "").toLowerCase().replace(/[._]+/g, "-");
  return { file, project, bytes, sha256: new Bun.CryptoHasher("sha256").update(bytes).digest("hex") };
}

function answer(request: Request, files: readonly Wheel[], options: PackageIndexOptions): Response {
  const { pathname } = new URL(request.url);
  if (!isAllowed(request, options)) {
    return new Response("login, please", { status: 401, headers: { "www-authenticate": "Basic" } });
  }
  if (options.broken === "error") return new Response("out of order", { status: 500 });
  if (options.broken === "html") return new Response("<html>Welcome to the hotel's network</html>", HTML);
  const wheel = files.find(({ file }) => pathname === `/files/${file}`);
  if (wheel) return fileAnswer(wheel, options);
  const project = /^\/simple\/([^/]+)\/$/.exec(pathname)?.[1];
  const mine = files.filter((file) => file.project === project);
  if (mine.length === 0) return new Response("", { status: 404 });
  return options.json ? jsonPage(project ?? "", mine, options) : htmlPage(mine, options);
}

const HTML = { headers: { "content-type": "text/html" } };
const JSON_PAGE = { headers: { "content-type": "application/vnd.pypi.simple.v1+json" } };

const isAllowed = (request: Request, { user, password }: PackageIndexOptions): boolean =>
  user === undefined || request.headers.get("authorization") === `Basic ${btoa(`${user}:${password}`)}`;

function fileAnswer({ bytes }: Wheel, { broken }: PackageIndexOptions): Response {
  if (broken === "cut") return new Response(bytes.slice(0, bytes.length / 2));
  if (broken === "corrupt") return new Response(bytes.map((byte, at) => (at === 40 ? byte ^ 1 : byte)));
  return new Response(bytes);
}

function htmlPage(files: readonly Wheel[], { hashes = true }: PackageIndexOptions): Response {
  const links = files.map(
    ({ file, sha256 }) => `<a href="/files/${file}${hashes ? `#sha256=${sha256}` : ""}">${file}</a>`,
  );
  return new Response(`<!DOCTYPE html><html><body>${links.join("\n")}</body></html>`, HTML);
}

function jsonPage(name: string, files: readonly Wheel[], { hashes = true }: PackageIndexOptions): Response {
  const entries = files.map(({ file, sha256 }) => ({
    filename: file,
    url: `/files/${file}`,
    hashes: hashes ? { sha256 } : {},
  }));
  return new Response(JSON.stringify({ meta: { "api-version": "1.1" }, name, files: entries }), JSON_PAGE);
}
