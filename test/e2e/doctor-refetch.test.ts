/** What is damaged in the store comes back from the server or registry that the runtime was copied from. */
import { expect, test } from "bun:test";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { testWith } from "../helpers/needs.ts";
import { makePackage, versionOf } from "../helpers/package.ts";
import { loggedIn } from "../helpers/server-login.ts";
import { countingProxy } from "../servers/counting-proxy.ts";
import { registryMissing, startRegistry } from "../servers/registry.ts";
import { startStarwhale } from "../servers/starwhale.ts";

const CLOUD = "pre-k8s/project/starwhale";
const VERSION = versionOf("one");
const FILES = {
  a: "the content a",
  b: crypto.getRandomValues(new Uint8Array(60_000)),
  large: new Uint8Array(5_000_000),
};
const store = (home: Home) => join(home.root, ".store/v1");
const damaged = "not what its name says";

async function imported(home: Home): Promise<void> {
  const bytes = await makePackage({ version: VERSION, name: "demo", files: FILES });
  await home.run(["runtime", "import", await home.write("demo.swrt", bytes), "--name", "demo"]);
}

async function blobs(home: Home): Promise<string[]> {
  const top = join(store(home), "blobs");
  const names = await readdir(top, { recursive: true });
  return names.filter((name) => /[0-9a-f]{64}$/.test(name)).map((name) => join(top, name));
}

/** Every content is lost or overwritten, turn by turn. */
async function spoil(home: Home): Promise<number> {
  const all = await blobs(home);
  for (const [i, path] of all.entries()) {
    await rm(path, { force: true });
    if (i % 2 === 0) await writeFile(path, damaged);
  }
  return all.length;
}

async function expectMended(home: Home, count: number, destination: string): Promise<void> {
  const report = await home.run(["-o", "json", "doctor", "--store"]);
  expect(report).toMatchObject({ exitCode: 0, json: { ok: true } });
  expect(report.json.problems).toHaveLength(count);
  expect((await home.run(["-o", "json", "doctor", "--store"])).json.problems).toEqual([]);
  expect(await home.run(["runtime", "extract", destination, "--target-dir", "out"])).toMatchObject({ exitCode: 0 });
  const [path = ""] = await Array.fromAsync(new Bun.Glob("out/**/b").scan(home.dir));
  expect(await Bun.file(join(home.dir, path)).bytes()).toEqual(FILES.b);
  await rm(join(home.dir, "out"), { recursive: true });
}

bothModes((mode) => {
  test("from a server, also under a second name, contents and the record of the version", async () => {
    await using server = await startStarwhale();
    await using home = await tempHome({ mode });
    await loggedIn(home, server);
    await imported(home);
    await home.run(["runtime", "copy", "demo", CLOUD]);
    await home.run(["runtime", "remove", "-f", "demo"]);
    await home.run(["runtime", "copy", `${CLOUD}/demo`, "mine"]);
    await home.run(["runtime", "copy", "mine", "second"]);
    await expectMended(home, await spoil(home), "second");
    await rm(join(store(home), "trees"), { recursive: true });
    await home.run(["runtime", "remove", "-f", "mine"]);
    await expectMended(home, 1, "second");
  }, 60_000);
});

testWith(await registryMissing())(
  "from a registry, only what is lost",
  async () => {
    await using registry = await startRegistry();
    await using proxy = await countingProxy(registry.host);
    await using home = await tempHome();
    await imported(home);
    await home.run(["runtime", "copy", "demo", `oci://${proxy.host}/demo`]);
    await home.run(["runtime", "remove", "-f", "demo"]);
    await home.run(["runtime", "copy", `oci://${proxy.host}/demo`, "."]);
    await expectMended(home, await spoil(home), "demo");
    const small = (await blobs(home)).find((path) => Bun.file(path).size === FILES.b.length) ?? "";
    await rm(small, { force: true });
    const before = proxy.down;
    await expectMended(home, 1, "demo");
    expect(proxy.down - before).toBeLessThan(200_000);
  },
  60_000,
);

test("what only this machine had is not looked for elsewhere; a server that is away is named", async () => {
  await using home = await tempHome();
  {
    await using server = await startStarwhale();
    await loggedIn(home, server);
    await imported(home);
    await home.run(["runtime", "copy", "demo", CLOUD]);
    const own = await spoil(home);
    const alone = await home.run(["-o", "json", "doctor", "--store"]);
    expect(alone).toMatchObject({ exitCode: 1, json: { ok: false } });
    expect(alone.json.problems).toHaveLength(own);
    expect(await home.run(["runtime", "copy", "-f", `${CLOUD}/demo`, "."])).toMatchObject({ exitCode: 0 });
  }
  await spoil(home);
  const away = await home.run(["doctor", "--store"]);
  expect(away.exitCode).toBe(1);
  expect(away.stderr + away.stdout).toContain(
    `can't fetch from cloud://${CLOUD}/runtime/demo/version/${VERSION} again`,
  );
}, 60_000);
