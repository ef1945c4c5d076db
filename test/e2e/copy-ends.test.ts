/** Copies from and to servers at their edges: stopped in the middle, hostile packages, long lists, what goes over the wire. */
import { expect, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { makePackage, manifestFor, versionOf } from "../helpers/package.ts";
import { loggedIn } from "../helpers/server-login.ts";
import { type StarwhaleServer, startStarwhale } from "../servers/starwhale.ts";
import { member } from "../unit/core/swrt/hostile.ts";

const PROJECT = "cloud://pre-k8s/project/starwhale";
const FILE = /\/file$/;
const ID = versionOf("demo");

/** `demo` at the server, and here no more. */
async function withDemo(home: Home, server: StarwhaleServer, size = 1000): Promise<void> {
  await loggedIn(home, server);
  const bytes = await makePackage({ version: ID, name: "demo", files: { large: new Uint8Array(size) } });
  await home.run(["runtime", "import", await home.write("demo.pkg", bytes), "--name", "demo"]);
  const up = await home.run(["runtime", "copy", "demo", PROJECT]);
  if (up.exitCode !== 0) throw new Error(up.stderr);
  await home.run(["runtime", "remove", "-f", "demo"]);
}

function demoAt(server: StarwhaleServer) {
  const runtime = server.state.projects[0]?.runtimes.find(({ name }) => name === "demo");
  const version = runtime?.versions[0];
  if (!runtime || !version) throw new Error("the server has no demo");
  return { runtime, version };
}

const ingest = async (home: Home) => await readdir(`${home.root}/.store/v1/ingest`).catch(() => []);

bothModes((mode) => {
  test("Ctrl-C in the middle of a download leaves nothing in the store or beside a file, and a repeat finishes", async () => {
    await using server = await startStarwhale();
    await using home = await tempHome({ mode });
    await withDemo(home, server, 2_000_000);
    const before = await readdir(home.dir);
    for (const to of [".", "out.swrt"]) {
      server.fault({ method: "GET", path: FILE, silentAfter: 500_000 });
      const copying = home.spawn(["runtime", "copy", `${PROJECT}/demo`, to]);
      const isMoving = { ".": async () => (await ingest(home)).length > 0, "out.swrt": () => hasTemp(home) }[to];
      while (!(await isMoving?.())) await Bun.sleep(5);
      copying.kill("SIGINT");
      expect((await copying.result()).exitCode).toBe(130);
      // The daemon may still be at it when the client has gone.
      while ((await ingest(home)).length > 0 || (await hasTemp(home))) await Bun.sleep(5);
      expect((await home.run(["-o", "json", "runtime", "list"])).json).toEqual([]);
    }
    expect((await readdir(home.dir)).sort()).toEqual(before.sort());
    for (const to of ["out.swrt", "."])
      expect(await home.run(["runtime", "copy", `${PROJECT}/demo`, to])).toMatchObject({ exitCode: 0 });
  }, 60_000);

  test("a token is in no output, log or file but the config, whatever happens to a transfer", async () => {
    await using server = await startStarwhale();
    await using home = await tempHome({ mode });
    await withDemo(home, server);
    const [token = ""] = server.state.tokens.keys();
    server.fault({ method: "GET", path: FILE, status: 400, body: `{"code":"x","message":"bad ${token}"}` });
    const failed = await home.run(["-vvv", "-o", "json", "runtime", "copy", `${PROJECT}/demo`, "."]);
    expect(failed).toMatchObject({ exitCode: 1 });
    expect(failed.stdout).toContain("bad ");
    const done = await home.run(["-vvv", "runtime", "copy", `${PROJECT}/demo`, "."]);
    expect(done).toMatchObject({ exitCode: 0 });
    const secret = token.slice("Bearer ".length);
    expect([failed, done].map((ran) => (ran.stdout + ran.stderr).includes(secret))).toEqual([false, false]);
    const files = (await Promise.all([home.dir, home.root, home.runDir].map((top) => filesWith(top, secret)))).flat();
    expect(files).toEqual([`${home.dir}/.config/starwhale/config.yaml`]);
  }, 30_000);
});

const hasTemp = async ({ dir }: Home) => (await readdir(dir)).some((name) => /^out\.swrt\..+\.tmp$/.test(name));

async function filesWith(top: string, text: string): Promise<string[]> {
  const entries = await readdir(top, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => `${parentPath}/${name}`);
  const found = await Promise.all(paths.map(async (path) => (await readFile(path, "latin1")).includes(text)));
  return paths.filter((_, at) => found[at]);
}

test("an upload from the store says its length and is sent in one piece", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await withDemo(home, server);
  const upload = server.seen.find(({ method, path }) => method === "POST" && FILE.test(path));
  expect(upload?.headers["content-length"]).toBe(String(upload?.bytes));
  expect(upload?.headers["transfer-encoding"]).toBeUndefined();
});

test("a server's package with a member outside of it, a link outward or a member twice is refused whole", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await withDemo(home, server);
  await using clean = await tempHome({ mode: "in-process" });
  await loggedIn(clean, server);
  const { version } = demoAt(server);
  const manifest = member({ name: "_manifest.yaml", body: manifestFor(ID) });
  const hostile: [string, Buffer[]][] = [
    ["../outside", [member({ name: "../outside", body: "x" })]],
    ["/tmp/outside", [member({ name: "/tmp/outside", body: "x" })]],
    ["files/link", [member({ name: "files/link", type: "2", link: "../../../outside" })]],
    ["files/x", [member({ name: "files/x", body: "1" }), member({ name: "files/x", body: "2" })]],
  ];
  const packed = (members: Buffer[]) => Buffer.concat([manifest, ...members, new Uint8Array(1024)]);
  for (const [name, members] of hostile) {
    version.bytes = packed(members);
    const done = await clean.run(["-o", "json", "runtime", "copy", `${PROJECT}/demo`, "."]);
    expect(done.json).toMatchObject({ error: { code: "PACKAGE_INVALID", message: expect.stringContaining(name) } });
  }
  expect((await clean.run(["-o", "json", "runtime", "list"])).json).toEqual([]);
  version.bytes = packed([member({ name: "files/x", body: "1" })]);
  expect(await clean.run(["runtime", "copy", `${PROJECT}/demo`, "."])).toMatchObject({ exitCode: 0 });
});

test("the console's address of a version is a source, and two projects of one server are two ends", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await withDemo(home, server);
  server.state.addProject("second");
  const { runtime, version } = demoAt(server);
  const page = `${server.url}/projects/1/runtimes/${runtime.id}/versions/${version.id}/overview`;
  const down = await home.run(["-o", "json", "runtime", "copy", page, "."]);
  expect(down.json).toMatchObject({ version: ID, destination: `local/project/self/runtime/demo/version/${ID}` });
  const across = await home.run(["runtime", "copy", `${PROJECT}/demo`, "cloud://pre-k8s/project/second"]);
  expect(across).toMatchObject({ exitCode: 0 });
  expect(server.state.projects[1]?.runtimes.map(({ name, versions }) => [name, versions[0]?.name])).toEqual([
    ["demo", ID],
  ]);
});

test("versions and runtimes beyond a server's first pages are found by tag, prefix and page", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await withDemo(home, server);
  const { runtime, version } = demoAt(server);
  for (let at = 0; at < 230; at++) {
    const tags = new Set(at === 3 ? ["deep"] : []);
    runtime.versions.push({ ...version, id: 1000 + at, order: 10 + at, name: versionOf(`v${at}`), tags });
    const named = `bulk${at}`;
    server.state.projects[0]?.runtimes.push({ ...runtime, id: 5000 + at, name: named, versions: [version] });
  }
  const json = async (...args: string[]) => (await home.run(["-o", "json", "runtime", ...args])).json;
  expect((await json("info", `${PROJECT}/demo/version/deep`)).basic.version).toBe(versionOf("v3"));
  const prefix = versionOf("v7").slice(0, 12);
  expect((await json("info", `${PROJECT}/demo/version/${prefix}`)).basic.version).toBe(versionOf("v7"));
  expect(await json("history", `${PROJECT}/demo`, "--size", "300")).toHaveLength(231);
  expect(await json("list", "--project", PROJECT, "--size", "100", "--page", "3")).toHaveLength(31);
  expect(await json("list", "--project", PROJECT, "--filter", "name=demo")).toHaveLength(1);
});

test("several tags can be left behind, and tags of the server come along except those", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await withDemo(home, server);
  for (const tag of ["blue", "green", "red"]) demoAt(server).version.tags.add(tag);
  const words = ["runtime", "copy", `${PROJECT}/demo`, ".", "-i", "blue", "--ignore-tag", "red"];
  expect(await home.run(words)).toMatchObject({ exitCode: 0 });
  const { json } = await home.run(["-o", "json", "runtime", "info", "demo"]);
  expect(json.basic.tags).toEqual(["latest", "v0", "green"]);
});

test("-f puts a version in the place of other content at a server", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await withDemo(home, server);
  // A machine that knows the version only as that.
  await using second = await tempHome({ mode: "in-process" });
  await loggedIn(second, server);
  const other = await makePackage({ version: ID, name: "demo", files: { large: "other" } });
  await second.write("other.swrt", other);
  const { version } = demoAt(server);
  version.meta = version.meta.replace("0.6.15", "0.6.14");
  const refused = await second.run(["-o", "json", "runtime", "copy", "other.swrt", `${PROJECT}/demo`]);
  expect(refused).toMatchObject({ exitCode: 4 });
  expect(refused.json.error.message).toContain("with other content");
  const taken = await second.run(["-o", "json", "runtime", "copy", "-f", "other.swrt", `${PROJECT}/demo`]);
  expect(taken.json).toMatchObject({ version: ID, skipped: false });
  expect(Buffer.from(demoAt(server).version.bytes).includes("other")).toBe(true);
  expect(demoAt(server).version.bytes.length).toBe(other.length);
});
