/** What a copy does about names, tags and what is there already, between all kinds of ends. */
import { expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { makePackage, versionOf } from "../helpers/package.ts";
import { loggedIn } from "../helpers/server-login.ts";
import { type StarwhaleServer, startStarwhale } from "../servers/starwhale.ts";
import type { StoredRuntime } from "../servers/starwhale-state.ts";

const PROJECT = "cloud://pre-k8s/project/starwhale";

async function imported(home: Home, word: string, name = "demo"): Promise<string> {
  const version = versionOf(word);
  const bytes = await makePackage({ version, name, files: { "data.txt": word } });
  const done = await home.run(["runtime", "import", await home.write(`${word}.swrt`, bytes), "--name", name]);
  if (done.exitCode !== 0) throw new Error(done.stderr);
  return version;
}

const onServer = (server: StarwhaleServer, name = "demo"): StoredRuntime | undefined =>
  server.state.projects[0]?.runtimes.find((runtime) => runtime.name === name);

const tagsOnServer = (server: StarwhaleServer, version: string): string[] => [
  ...(onServer(server)?.versions.find((one) => one.name === version)?.tags ?? []),
];

test("an existing destination says whether it holds the same, and only the same may be skipped", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await loggedIn(home, server);
  const version = await imported(home, "one");
  await home.run(["runtime", "copy", "demo", PROJECT]);
  const again = await home.run(["-o", "json", "runtime", "copy", "demo", PROJECT]);
  expect(again.exitCode).toBe(4);
  expect(again.json.error).toMatchObject({ code: "EXISTS", message: expect.stringContaining("with the same content") });
  const skipped = await home.run(["-o", "json", "runtime", "copy", "--skip-existing", "demo", PROJECT]);
  expect(skipped.json).toMatchObject({ skipped: true, version });
  const stored = onServer(server)?.versions[0];
  if (stored) stored.meta = stored.meta.replace("0.6.15", "0.6.14");
  const other = await home.run(["runtime", "copy", "--skip-existing", "demo", PROJECT]);
  expect(other.exitCode).toBe(4);
  expect(other.stderr).toContain("with other content");
  const uploads = () => server.seen.filter(({ path }) => path.endsWith("/file")).length;
  expect(uploads()).toBe(1);
  expect(await home.run(["runtime", "copy", "-f", "demo", PROJECT])).toMatchObject({ exitCode: 0 });
  expect(uploads()).toBe(2);
});

test("tags go along except those left behind, and move only by force: taken away, then added", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await loggedIn(home, server);
  const first = await imported(home, "one");
  await home.run(["runtime", "tag", "demo", "stable", "nightly"]);
  const up = await home.run(["-o", "json", "runtime", "copy", "demo", PROJECT, "-i", "nightly"]);
  expect(up.json.tags).toEqual([{ tag: "stable", state: "added" }]);
  expect(tagsOnServer(server, first)).toEqual(["stable"]);
  const second = await imported(home, "two");
  await home.run(["runtime", "tag", "-f", `demo/version/${second}`, "stable"]);
  const kept = await home.run(["-o", "json", "runtime", "copy", "demo", PROJECT]);
  expect(kept.json.tags).toEqual([{ tag: "stable", state: "kept", by: first }]);
  expect(kept.stderr).toContain("tag stable stays with");
  const moved = await home.run(["-o", "json", "runtime", "copy", "-f", "demo", PROJECT]);
  expect(moved.json.tags).toEqual([{ tag: "stable", state: "moved" }]);
  expect([tagsOnServer(server, first), tagsOnServer(server, second)]).toEqual([[], ["stable"]]);
  const down = await home.run(["-o", "json", "runtime", "copy", `${PROJECT}/demo/version/stable`, "here"]);
  expect(down.json).toMatchObject({ version: second, tags: [{ tag: "stable", state: "added" }] });
});

test("a source may be named by tag, vN, latest or the beginning of a version; two of a kind are told apart", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await loggedIn(home, server);
  const version = await imported(home, "one");
  await home.run(["runtime", "copy", "demo", PROJECT]);
  await home.run(["runtime", "copy", `demo/version/${version.slice(0, 5)}`, `${PROJECT}/other`]);
  for (const word of [version, version.slice(0, 6), "v1", "latest"]) {
    const done = await home.run(["-o", "json", "runtime", "copy", "-f", `${PROJECT}/demo/version/${word}`, "back"]);
    expect(done.json.version).toBe(version);
  }
  const twin = onServer(server)?.versions[0];
  if (twin)
    onServer(server)?.versions.push({ ...twin, id: 999, order: 2, name: `${version.slice(0, 6)}${"z".repeat(34)}` });
  const unclear = await home.run(["runtime", "copy", `${PROJECT}/demo/version/${version.slice(0, 5)}`, "back"]);
  expect(unclear.exitCode).toBe(3);
  expect(unclear.stderr).toContain("the beginning of 2 versions");
});

test("names and tags that a server refuses are reported before any byte is sent", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await loggedIn(home, server);
  await imported(home, "one", "my.demo");
  const name = await home.run(["runtime", "copy", "my.demo", PROJECT]);
  expect(name).toMatchObject({ exitCode: 2 });
  expect(name.stderr).toContain('does not take the runtime name "my.demo"');
  await home.run(["runtime", "tag", "my.demo", "x"]);
  const tag = await home.run(["runtime", "copy", "my.demo", `${PROJECT}/demo`]);
  expect(tag).toMatchObject({ exitCode: 2 });
  expect(tag.stderr).toContain('does not take the tag "x"');
  expect(server.seen.filter(({ method, path }) => method === "POST" && !path.endsWith("/login"))).toEqual([]);
  expect(await home.run(["runtime", "copy", "my.demo", `${PROJECT}/demo`, "-i", "x"])).toMatchObject({ exitCode: 0 });
});

test("server to server passes through and is not stored here", async () => {
  await using one = await startStarwhale();
  await using two = await startStarwhale();
  await using home = await tempHome({ mode: "in-process" });
  await using other = await tempHome({ mode: "in-process" });
  await loggedIn(home, one, "one");
  await loggedIn(home, two, "two");
  await loggedIn(other, one, "one");
  const version = await imported(home, "one");
  await home.run(["runtime", "tag", "demo", "stable"]);
  await home.run(["runtime", "copy", "demo", "one/project/starwhale"]);
  await home.run(["runtime", "remove", "-f", "demo"]);
  const words = ["runtime", "copy", "cloud://one/project/starwhale/demo", "cloud://two/project/starwhale/copied"];
  const done = await home.run(["-o", "json", ...words]);
  expect(done.json).toMatchObject({ version, name: "copied", tags: [{ tag: "stable", state: "added" }] });
  const bytes = (server: StarwhaleServer, name: string) => onServer(server, name)?.versions[0]?.bytes;
  expect(bytes(two, "copied")).toEqual(bytes(one, "demo"));
  expect((await home.run(["-o", "json", "runtime", "list"])).json).toEqual([]);
  const upload = two.seen.find(({ path, method }) => method === "POST" && path.endsWith("/file"));
  expect(upload?.headers["transfer-encoding"]).toBe("chunked");
});

bothModes((mode) => {
  test("local to local gives a version a second name without a second copy", async () => {
    await using home = await tempHome({ mode });
    const version = await imported(home, "one");
    await home.run(["runtime", "tag", "demo", "stable"]);
    const done = await home.run(["-o", "json", "runtime", "copy", "demo", "other"]);
    expect(done.json).toMatchObject({ version, destination: `local/project/self/runtime/other/version/${version}` });
    const far = await home.run(["-o", "json", "runtime", "copy", "demo/version/v0", ".", "-dlp", "work"]);
    expect(far.json.destination).toBe(`local/project/work/runtime/demo/version/${version}`);
    const info = await home.run(["-o", "json", "runtime", "info", "local/project/work/runtime/demo"]);
    expect(info.json.basic.tags).toEqual(["latest", "v0", "stable"]);
    expect(await home.run(["runtime", "copy", "demo", "."])).toMatchObject({ exitCode: 2 });
    expect(await home.run(["runtime", "copy", "demo", "other"])).toMatchObject({ exitCode: 4 });
  }, 20_000);

  test("a package file is a source and a destination, and comes back the same byte for byte", async () => {
    await using home = await tempHome({ mode });
    const version = await imported(home, "one");
    expect(await home.run(["runtime", "copy", "demo", "out.swrt"])).toMatchObject({ exitCode: 0 });
    expect(await home.run(["runtime", "copy", "demo", "out.swrt"])).toMatchObject({ exitCode: 4 });
    const same = await home.run(["-o", "json", "runtime", "copy", "--skip-existing", "demo", "out.swrt"]);
    expect(same.json).toMatchObject({ skipped: true });
    const back = await home.run(["-o", "json", "runtime", "copy", "out.swrt", "again"]);
    expect(back.json).toMatchObject({ version, name: "again" });
    await home.run(["runtime", "copy", "again", "twice.swrt"]);
    expect(await readFile(`${home.dir}/twice.swrt`)).toEqual(await readFile(`${home.dir}/out.swrt`));
    expect(await home.run(["runtime", "copy", "out.swrt", ".", "-dlp", "work"])).toMatchObject({ exitCode: 0 });
    expect(await home.run(["runtime", "copy", "missing.swrt", "."])).toMatchObject({ exitCode: 3 });
    await home.write("bad.swrt", "no tar at all");
    expect(await home.run(["runtime", "copy", "bad.swrt", "."])).toMatchObject({ exitCode: 1 });
  }, 20_000);
});
