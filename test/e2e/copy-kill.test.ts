/** Killed in the middle of a transfer, the same command goes on where it was. */
import { expect, test } from "bun:test";
import { type Home, tempHome } from "../helpers/home.ts";
import { testWith } from "../helpers/needs.ts";
import { makePackage, versionOf } from "../helpers/package.ts";
import { loggedIn } from "../helpers/server-login.ts";
import { type CountingProxy, countingProxy } from "../servers/counting-proxy.ts";
import { registryMissing, startRegistry } from "../servers/registry.ts";
import { startStarwhale } from "../servers/starwhale.ts";

const testRegistry = testWith(await registryMissing());
const MIB = 1024 * 1024;
const SIZE = 96 * MIB;
// What a kill may cost beside the bytes: heads, documents, pieces that were on their way.
const AGAIN = 4 * MIB;

async function withLarge(home: Home): Promise<void> {
  // No two parts alike, since equal ones are sent once.
  const content = new Uint8Array(SIZE);
  for (let at = 0; at < SIZE; at += 65_536) crypto.getRandomValues(content.subarray(at, at + 65_536));
  const bytes = await makePackage({ version: versionOf("large"), name: "demo", files: { content } });
  const done = await home.run(["runtime", "import", await home.write("large.swrt", bytes), "--name", "demo"]);
  if (done.exitCode !== 0) throw new Error(done.stderr);
}

/** Starts the copy, kills client and daemon once some of it has moved, and repeats it. @returns all bytes that moved */
async function killedOnce(home: Home, words: readonly string[], moved: () => number, proxy: CountingProxy) {
  const base = moved();
  const copying = home.spawn(["runtime", "copy", ...words]);
  while (moved() - base < SIZE / 4) await Bun.sleep(1);
  for (const pid of await home.processes()) process.kill(pid, "SIGKILL");
  await copying.exited;
  // What had left the killed process still arrives.
  await Bun.sleep(300);
  const before = moved() - base;
  expect(before).toBeLessThan(SIZE);
  const again = await home.run(["runtime", "copy", ...words]);
  expect(again).toMatchObject({ exitCode: 0 });
  return { host: proxy.host, all: moved() - base };
}

testRegistry(
  "kill -9 of client and daemon in the middle of a push and of a pull costs 4 MiB at most",
  async () => {
    await using registry = await startRegistry();
    await using proxy = await countingProxy(registry.host);
    await using one = await tempHome();
    await using two = await tempHome();
    await withLarge(one);
    const uri = `oci://${proxy.host}/demo`;
    const up = await killedOnce(one, ["demo", uri], () => proxy.up, proxy);
    expect(up.all).toBeLessThan(SIZE + AGAIN);
    const down = await killedOnce(two, [uri, "."], () => proxy.down, proxy);
    expect(down.all).toBeLessThan(SIZE + AGAIN);
    expect(await two.run(["runtime", "info", `demo/version/${versionOf("large")}`])).toMatchObject({ exitCode: 0 });
  },
  60_000,
);

test("an upload to a server that is killed leaves nothing there, and the same command then finishes", async () => {
  await using server = await startStarwhale();
  await using home = await tempHome();
  await loggedIn(home, server);
  await withLarge(home);
  const words = ["runtime", "copy", "demo", "pre-k8s/project/starwhale"];
  const copying = home.spawn(words);
  const moved = () => server.seen.find(({ path }) => path.endsWith("/file"))?.bytes ?? 0;
  while (moved() < SIZE / 4) await Bun.sleep(1);
  for (const pid of await home.processes()) process.kill(pid, "SIGKILL");
  await copying.exited;
  expect(server.state.projects[0]?.runtimes).toEqual([]);
  expect(await home.run(words)).toMatchObject({ exitCode: 0 });
  expect(server.state.projects[0]?.runtimes[0]?.versions[0]?.name).toBe(versionOf("large"));
  const back = ["runtime", "copy", "pre-k8s/project/starwhale/demo", "back"];
  const fetching = home.spawn(back);
  await fetching.said("Fetching demo");
  for (const pid of await home.processes()) process.kill(pid, "SIGKILL");
  await fetching.exited;
  expect(await home.run(back)).toMatchObject({ exitCode: 0 });
  expect(await home.run(["doctor", "--store"])).toMatchObject({ exitCode: 0 });
}, 60_000);
