/** Logging in to servers and out again: what is kept, where, and what nobody may see. */
import { expect, test } from "bun:test";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { parse } from "yaml";
import { bothModes, type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { freePort } from "../servers/registry.ts";
import { startStarwhale } from "../servers/starwhale.ts";

const CONFIG = ".config/starwhale/config.yaml";
const configOf = async (home: Home) => parse(await readFile(join(home.dir, CONFIG), "utf8"));

/** Every file of the home, the store and the run dir that holds the text. */
async function filesWith(home: Home, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const top of [home.dir, home.root, home.runDir]) {
    const entries = await readdir(top, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries.filter((one) => one.isFile())) {
      const path = join(entry.parentPath, entry.name);
      if ((await readFile(path, "latin1")).includes(text)) found.push(path);
    }
  }
  return found;
}

bothModes((mode) => {
  test("a login keeps the token as the Python client does, for nobody else to read, and shows it nowhere", async () => {
    await using server = await startStarwhale();
    await using home = await tempHome({ mode });
    const args = ["instance", "login", server.url, "--alias", "pre-k8s", "--username", "starwhale", "--password-stdin"];
    const done = await home.run(["-v", ...args], { stdin: "abcd1234\n" });
    expect(done).toMatchObject({ exitCode: 0 });
    const [token = ""] = server.state.tokens.keys();
    const { instances, current_instance: current, version } = await configOf(home);
    expect(instances["pre-k8s"]).toMatchObject({
      ...{ uri: server.url, type: "cloud", sw_token: token, user_name: "starwhale", user_role: "normal" },
    });
    expect([current, version]).toEqual(["local", "2.0"]);
    expect((await stat(join(home.dir, CONFIG))).mode & 0o777).toBe(0o600);
    const words = [done.stdout, done.stderr, (await home.run(["-o", "json", "instance", "list"])).stdout].join();
    expect(words).not.toContain(token.slice(7));
    expect(await filesWith(home, token.slice(7))).toEqual([join(home.dir, CONFIG)]);
    expect(await filesWith(home, "abcd1234")).toEqual([]);
  }, 20_000);

  test("a logout takes the token away, and a selected server with it", async () => {
    await using server = await startStarwhale();
    await using home = await tempHome({ mode });
    const args = ["instance", "login", server.url, "--alias", "team", "--token-stdin"];
    expect(await home.run(args, { stdin: `${server.token().slice(7)}\n` })).toMatchObject({ exitCode: 0 });
    const file = join(home.dir, CONFIG);
    await writeFile(file, (await readFile(file, "utf8")).replace("current_instance: local", "current_instance: team"));
    expect(await home.run(["instance", "logout", server.url])).toMatchObject({ exitCode: 0 });
    const { instances, current_instance: current } = await configOf(home);
    expect([Object.keys(instances), current]).toEqual([["local"], "local"]);
    expect(await home.run(["instance", "logout", "team"])).toMatchObject({ exitCode: 3 });
  }, 20_000);
});

test("a refused login changes nothing and repeats no secret", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  const login = ["instance", "login", server.url, "--alias", "x"];
  const wrong = await home.run([...login, "--username", "starwhale", "--password-stdin"], { stdin: "s3cret-word" });
  expect(wrong).toMatchObject({ exitCode: 1 });
  expect(wrong.stderr).toContain("Wrong username or password");
  expect(wrong.stderr).not.toContain("s3cret-word");
  const disabled = await home.run([...login, "--username", "test", "--password", "test1234"]);
  expect(disabled.stderr).toContain("User is disabled");
  const badToken = await home.run([...login, "--token", "Bearer t0ken-word"]);
  expect(badToken).toMatchObject({ exitCode: 1 });
  expect(badToken.stderr).not.toContain("t0ken-word");
  const nothing = await home.run([...login, "--username", "starwhale"]);
  expect(nothing).toMatchObject({ exitCode: 2 });
  expect(nothing.stderr).toContain("--password-stdin");
  expect(await home.run(["instance", "login", server.url, "--alias", "local"])).toMatchObject({ exitCode: 2 });
  expect(await Bun.file(join(home.dir, CONFIG)).exists()).toBe(false);
});

test("a user with a password and a token are two ways, stdin holds one secret and has to hold it", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  const login = async (stdin: string, ...args: string[]) =>
    await home.run(["instance", "login", server.url, "--alias", "x", ...args], { stdin });
  const mixed = [
    ["--username", "starwhale", "--token", "t"],
    ["--token", "t", "--token-stdin"],
    ["--username", "starwhale", "--password", "p", "--password-stdin"],
    ["--password-stdin", "--token-stdin"],
  ];
  for (const args of mixed) {
    const refused = await login("abcd1234\n", ...args);
    expect(refused).toMatchObject({ exitCode: 2 });
    expect(refused.stderr).toContain("don't go together");
  }
  const nothing = [["--username", "starwhale", "--password-stdin"], ["--token-stdin"]];
  for (const args of nothing) expect((await login("", ...args)).stderr).toMatch(/no (password|token) on stdin/);
  expect(server.seen).toEqual([]);
}, 20_000);

test("a login leaves the rest of the config as it is and takes the file from the eyes of others", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  const before = `# mine
current_instance: local
instances:
  local: { uri: local, type: standalone, current_project: self }
  other: { uri: "https://other.example", sw_token: abc, type: cloud }
extra: { keep: 1 }
`;
  const path = await home.write(CONFIG, before, 0o644);
  const args = ["instance", "login", server.url, "--alias", "x", "--username", "starwhale", "--password-stdin"];
  expect(await home.run(args, { stdin: "abcd1234\n" })).toMatchObject({ exitCode: 0 });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const text = await readFile(path, "utf8");
  expect(text).toStartWith("# mine\n");
  const { instances, extra } = await configOf(home);
  expect([Object.keys(instances), instances.other.sw_token, extra]).toEqual([
    ["local", "other", "x"],
    "abc",
    { keep: 1 },
  ]);
}, 20_000);

test("an address that is no Starwhale server is told from a wrong password", async () => {
  await using home = await tempHome({ mode: "in-process" });
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("<h1>hello</h1>") });
  const done = await home.run(["instance", "login", server.url.href, "--username", "u", "--password", "p"]);
  await server.stop(true);
  expect(done).toMatchObject({ exitCode: 1 });
  expect(done.stderr).toContain("Is it a Starwhale server");
});

const TYPIST = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
shown, typed = b"", False
while True:
    try:
        part = os.read(fd, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    if not typed and b"Password of" in shown:
        os.write(fd, b"abcd1x\\x7f234\\n")
        typed = True
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

testWith(needsProgram("python3"))(
  "at a terminal the password is asked for, can be corrected and is not shown",
  async () => {
    await using server = await startStarwhale();
    await using home = await tempHome({ mode: "in-process" });
    const typist = await home.write("typist.py", TYPIST);
    const login = [SWCLI_BIN, "instance", "login", server.url, "--alias", "x", "--username", "starwhale"];
    const done = await home.exec(["python3", typist, ...login]);
    expect(done).toMatchObject({ exitCode: 0 });
    expect(done.stdout).toStartWith("Password of starwhale: \r\n");
    expect(done.stdout).not.toContain("abcd");
    expect((await configOf(home)).instances.x.user_name).toBe("starwhale");
  },
);

test("a login over http to another machine works with a warning, and without one when that is meant", async () => {
  await using server = await startStarwhale();
  await using proxy = forwardProxy(server.url);
  await using home = await tempHome({ env: { http_proxy: proxy.url, no_proxy: undefined, NO_PROXY: undefined } });
  const login = (uri: string, ...more: string[]) => {
    const who = ["--alias", "far", "--username", "starwhale", "--password-stdin"];
    return home.run(["instance", "login", uri, ...who, ...more], { stdin: "abcd1234" });
  };
  const warning = "server.example:8082 is reached over http: token and packages can be read and changed on the way";
  const warned = await login("http://server.example:8082");
  expect(warned).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(warning) });
  const meant = await login("http://server.example:8082", "--insecure");
  expect(meant.exitCode).toBe(0);
  expect(meant.stderr).not.toContain("over http");
  const later = await home.run(["project", "list", "-i", "far"]);
  expect(later).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(warning) });
  expect((await login(server.url)).stderr).not.toContain("over http");
  const asked = proxy.asked.length;
  expect(asked).toBeGreaterThan(2);
  expect(new Set(proxy.asked)).toEqual(new Set(["server.example:8082"]));
  // Without a scheme it is never plain: the proxy of http is not asked.
  expect(await login("server.example:8082")).toMatchObject({ exitCode: 1 });
  expect(proxy.asked.length).toBe(asked);
}, 60_000);

/** Brings every request to the one server, whatever machine was meant. */
function forwardProxy(target: string): AsyncDisposable & { url: string; asked: string[] } {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const { pathname, search, host } = new URL(request.url ?? "", "http://nobody.example");
    asked.push(host);
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { authorization, "content-type": type } = request.headers;
    const headers = {
      "accept-encoding": "identity",
      ...(authorization && { authorization }),
      ...(type && { "content-type": type }),
    };
    const body = chunks.length > 0 ? Buffer.concat(chunks) : undefined;
    const answer = await fetch(`${target}${pathname}${search}`, { method: request.method, headers, body });
    response.writeHead(
      answer.status,
      Object.fromEntries([...answer.headers].filter(([name]) => !/^(connection|transfer-encoding)$/.test(name))),
    );
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  const port = freePort();
  server.listen(port, "127.0.0.1");
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}
