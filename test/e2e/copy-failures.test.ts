/** What a copy does when the network or the server fails: what is tried again, what is not, and what is left behind. */
import { expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { type Home, tempHome } from "../helpers/home.ts";
import { makePackage, versionOf } from "../helpers/package.ts";
import { loggedIn } from "../helpers/server-login.ts";
import { type StarwhaleServer, startStarwhale } from "../servers/starwhale.ts";

const PROJECT = "cloud://pre-k8s/project/starwhale";
const VERSION = versionOf("big");
// Noise, so that nothing on the way can make it small.
const CONTENT = crypto.getRandomValues(new Uint8Array(60_000));
const FILE = /\/file$/;

async function ready(home: Home, server: StarwhaleServer, where: "here" | "there"): Promise<void> {
  await loggedIn(home, server);
  const bytes = await makePackage({ version: VERSION, files: { big: CONTENT, more: CONTENT, most: CONTENT } });
  await home.run(["runtime", "import", await home.write("big.swrt", bytes), "--name", "demo"]);
  if (where === "here") return;
  const up = await home.run(["runtime", "copy", "demo", PROJECT]);
  if (up.exitCode !== 0) throw new Error(up.stderr);
  await home.run(["runtime", "remove", "-f", "demo"]);
}

const requests = (server: StarwhaleServer, method: string) =>
  server.seen.filter((seen) => seen.method === method && FILE.test(seen.path)).length;

const stored = (server: StarwhaleServer) => server.state.projects[0]?.runtimes[0]?.versions ?? [];

async function leftovers(home: Home): Promise<string[]> {
  return await readdir(`${home.root}/.store/v1/ingest`).catch(() => []);
}

test("a download that is cut off starts again and arrives whole", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await ready(home, server, "there");
  server.fault({ method: "GET", path: FILE, cutAfter: 100_000, times: 2 });
  const done = await home.run(["-o", "json", "runtime", "copy", `${PROJECT}/demo`, "."]);
  expect(done.json).toMatchObject({ version: VERSION });
  expect(requests(server, "GET")).toBe(3);
  expect(done.stderr).toContain("trying again");
});

test("a download that never comes whole publishes nothing and leaves nothing", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process", env: { SW_CLIENT_RETRY_ATTEMPTS: "2" } });
  await ready(home, server, "there");
  server.fault({ method: "GET", path: FILE, cutAfter: 100_000, times: 9 });
  const done = await home.run(["-o", "json", "runtime", "copy", `${PROJECT}/demo`, "."]);
  expect(done.exitCode).toBe(1);
  expect(done.json.error.code).toBe("TRANSFER_FAILED");
  expect(requests(server, "GET")).toBe(2);
  expect((await home.run(["-o", "json", "runtime", "list"])).json).toEqual([]);
  expect(await leftovers(home)).toEqual([]);
});

test("a package that is another version, or no package, is refused whole", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await ready(home, server, "there");
  const version = stored(server)[0];
  if (!version) throw new Error("nothing stored");
  const other = await makePackage({ version: versionOf("other") });
  for (const bytes of [other, version.bytes.slice(0, 51_200), new Uint8Array(20_480)]) {
    version.bytes = bytes;
    const done = await home.run(["-o", "json", "runtime", "copy", `${PROJECT}/demo`, "."]);
    expect(done.json.error.code).toBe("PACKAGE_INVALID");
  }
  expect((await home.run(["-o", "json", "runtime", "list"])).json).toEqual([]);
});

test("a broken package of one server never arrives whole at another, and not in a file", async () => {
  await using server = await startStarwhale();
  await using second = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await ready(home, server, "there");
  await loggedIn(home, second, "second");
  const version = stored(server)[0];
  if (version) version.bytes = version.bytes.slice(0, 102_400);
  const through = await home.run(["-o", "json", "runtime", "copy", `${PROJECT}/demo`, "second/project/starwhale"]);
  expect(through.json.error.code).toBe("PACKAGE_INVALID");
  expect(stored(second)).toEqual([]);
  const file = await home.run(["-o", "json", "runtime", "copy", `${PROJECT}/demo`, "demo.swrt"]);
  expect(file.json.error.code).toBe("PACKAGE_INVALID");
  expect((await readdir(home.dir)).filter((name) => name.startsWith("demo.swrt"))).toEqual([]);
});

test("502 to 504, 429 and 408 are tried again, after the time that the server asks for", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await ready(home, server, "here");
  for (const status of [502, 504, 408, 429]) server.fault({ method: "POST", path: FILE, status });
  server.fault({ method: "POST", path: FILE, status: 503, headers: { "retry-after": "3" } });
  const began = Date.now();
  expect(await home.run(["runtime", "copy", "demo", PROJECT])).toMatchObject({ exitCode: 0 });
  expect(Date.now() - began).toBeGreaterThan(3000);
  expect(requests(server, "POST")).toBe(6);
  expect(stored(server).map(({ name }) => name)).toEqual([VERSION]);
}, 20_000);

test("500 on an upload is final, with the server's own words or without any", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await ready(home, server, "here");
  const answers = [
    JSON.stringify({ code: "internalServerError", message: null, data: null }),
    JSON.stringify({ code: ["SystemError"], message: ["generic\nthe disk is full"] }),
    "<!doctype html><h1>HTTP Status 500</h1>",
    "",
  ];
  const said: string[] = [];
  for (const body of answers) {
    server.fault({ method: "POST", path: FILE, status: 500, body });
    const done = await home.run(["-o", "json", "runtime", "copy", "demo", PROJECT]);
    said.push(done.json.error.message);
  }
  const prefix = "can't upload demo: pre-k8s says: ";
  expect(said).toEqual([
    `${prefix}internalServerError (status 500)`,
    `${prefix}the disk is full (status 500)`,
    `${prefix}status 500`,
    `${prefix}status 500`,
  ]);
  expect(requests(server, "POST")).toBe(4);
});

test("an upload whose connection breaks is sent again", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await ready(home, server, "here");
  server.fault({ method: "POST", path: FILE, hangUpAfter: 50_000, times: 2 });
  expect(await home.run(["runtime", "copy", "demo", PROJECT])).toMatchObject({ exitCode: 0 });
  expect(requests(server, "POST")).toBe(3);
  expect(stored(server)).toHaveLength(1);
});

test("an upload that arrived although its answer was lost is not sent twice", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await ready(home, server, "here");
  server.fault({ method: "POST", path: FILE, loseAnswer: true });
  expect(await home.run(["runtime", "copy", "demo", PROJECT])).toMatchObject({ exitCode: 0 });
  expect(requests(server, "POST")).toBe(1);
  expect(stored(server)).toHaveLength(1);
});

test("409 means that somebody was faster: exit 4", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await ready(home, server, "here");
  const body = JSON.stringify({ code: "INVALID REQUEST: Starwhale Runtime", message: "x\nduplicate", data: null });
  server.fault({ method: "POST", path: FILE, status: 409, body });
  expect(await home.run(["runtime", "copy", "demo", PROJECT])).toMatchObject({ exitCode: 4 });
});

test("a login that has ended, a missing project and a server that is away each say what to do", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await ready(home, server, "here");
  const missing = await home.run(["runtime", "copy", "demo", "cloud://pre-k8s/project/nobody"]);
  expect(missing).toMatchObject({ exitCode: 3 });
  expect(missing.stderr).toContain("PROJECT_NOT_FOUND");
  server.state.tokens.clear();
  const ended = await home.run(["runtime", "copy", "demo", PROJECT]);
  expect(ended.stderr).toContain(`swcli instance login ${server.url} --alias pre-k8s`);
  await server[Symbol.asyncDispose]();
  const away = await home.run(["runtime", "copy", "demo", PROJECT]);
  expect(away).toMatchObject({ exitCode: 1 });
  expect(away.stderr).toContain("nobody answers at 127.0.0.1");
});

test("a host that nobody knows is called that", async () => {
  await using home = await tempHome({ mode: "in-process" });
  const login = ["instance", "login", "https://nowhere.invalid", "--alias", "a", "--username", "u", "--password", "p"];
  const ran = await home.run(login);
  expect(ran).toMatchObject({ exitCode: 1 });
  expect(ran.stderr).toContain("error: no host is called nowhere.invalid\nIs the address right?");
});

test("Ctrl-C in the middle of an upload ends it before the server answers and leaves nothing at the server", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "daemon" });
  await ready(home, server, "here");
  server.fault({ method: "POST", path: FILE, delayMs: 20_000 });
  const copying = home.spawn(["runtime", "copy", "demo", PROJECT]);
  await copying.said("Sending demo");
  copying.kill("SIGINT");
  expect((await copying.result()).exitCode).toBe(130);
  expect(stored(server)).toEqual([]);
  expect(await home.run(["runtime", "copy", "demo", PROJECT])).toMatchObject({ exitCode: 0 });
}, 15_000);
