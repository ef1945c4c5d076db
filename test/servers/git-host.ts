/** A git host on loopback: `git http-backend` behind http, as hosts of repositories run it; also for one login only. */
import { join } from "node:path";

export interface GitHost extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** `METHOD /path` of every request that was let in. */
  readonly asked: string[];
}

/** Serves the repositories below `dir`. @param login `user:password` that each request has to bring */
export function serveGit(dir: string, login?: string): GitHost {
  const asked: string[] = [];
  const expected = login && `Basic ${btoa(login)}`;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      if (expected && request.headers.get("authorization") !== expected)
        return new Response("who are you?", { status: 401, headers: { "www-authenticate": 'Basic realm="git"' } });
      asked.push(`${request.method} ${new URL(request.url).pathname}`);
      return await answer(dir, request);
    },
  });
  return { host: `127.0.0.1:${server.port}`, asked, [Symbol.asyncDispose]: () => server.stop(true) };
}

/** By the rules of CGI, RFC 3875. */
async function answer(dir: string, request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const env = {
    PATH: process.env.PATH ?? "",
    // The repositories are another user's where tests run as somebody else.
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "safe.directory",
    GIT_CONFIG_VALUE_0: "*",
    GIT_PROJECT_ROOT: dir,
    GIT_HTTP_EXPORT_ALL: "1",
    REQUEST_METHOD: request.method,
    PATH_INFO: decodeURIComponent(pathname),
    QUERY_STRING: search.slice(1),
    CONTENT_TYPE: request.headers.get("content-type") ?? "",
    HTTP_CONTENT_ENCODING: request.headers.get("content-encoding") ?? "",
    GIT_PROTOCOL: request.headers.get("git-protocol") ?? "",
  };
  const stdin = new Uint8Array(await request.arrayBuffer());
  const child = Bun.spawn(["git", "http-backend"], { cwd: dir, env, stdin, stdout: "pipe", stderr: "inherit" });
  const said = Buffer.from(await new Response(child.stdout).arrayBuffer());
  const end = said.indexOf("\r\n\r\n");
  const lines = said.subarray(0, end).toString().split("\r\n");
  const headers = new Headers(lines.map((line) => line.split(/: (.*)/, 2) as [string, string]));
  const status = Number(headers.get("status")?.split(" ")[0] ?? 200);
  headers.delete("status");
  return new Response(said.subarray(end + 4), { status, headers });
}

/** A bare repository `DIR/NAME.git` with one commit of these files. @returns the commit */
export async function makeRepository(
  dir: string,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const work = join(dir, `${name}.work`);
  for (const [path, text] of Object.entries(files)) await Bun.write(join(work, path), text);
  const git = async (...words: string[]) =>
    await Bun.$`git -c user.name=n -c user.email=n@host.test -C ${work} ${words}`.quiet().text();
  await git("init", "-q", "-b", "main");
  await git("add", ".");
  await git("commit", "-q", "-m", "first");
  await git("clone", "-q", "--bare", ".", join(dir, `${name}.git`));
  return (await git("rev-parse", "HEAD")).trim();
}
