/**
 * kill -9 of the client or of the daemon in the middle of a hundred transfers: the same command then finishes, a registry
 * sends and gets little again, and nothing half-made stays.
 */
import { expect, test } from "bun:test";
import { namesIn } from "#core/platform/folder.ts";
import { type Home, tempHome } from "../helpers/home.ts";
import { testWith } from "../helpers/needs.ts";
import { makePackage, versionOf } from "../helpers/package.ts";
import { loggedIn } from "../helpers/server-login.ts";
import { type CountingProxy, countingProxy } from "../servers/counting-proxy.ts";
import { registryMissing, startRegistry } from "../servers/registry.ts";
import { startStarwhale } from "../servers/starwhale.ts";

const ROUNDS = 25;
const MIB = 1024 * 1024;
const SIZE = 12 * MIB;
// What a killed process has given to the kernel still arrives: a package that is a few MiB from its end would be whole.
const SERVER_SIZE = 32 * MIB;
const AGAIN = 4 * MIB;
// Heads of requests and answers, manifest and config, of two tries; a whole piece may go again besides.
const BESIDES = 65_536;
const MINUTES = 10 * 60_000;
const VERSION = versionOf("large");

interface Round {
  readonly home: Home;
  readonly proxy: CountingProxy;
  readonly words: readonly string[];
  readonly way: "up" | "down";
  /** Bytes that have moved when the kill comes. */
  readonly after: number;
  readonly env: Record<string, string>;
}

/** @returns the bytes that moved in all */
async function killedAndRepeated({ home, proxy, words, way, after, env }: Round, victim: "client" | "daemon") {
  await home.run(["daemon", "start"], { env });
  const { pid } = (await home.run(["-o", "json", "daemon", "status"], { env })).json;
  const before = proxy[way];
  const reached = proxy.holdAfter(way, after);
  const copying = home.spawn(["-o", "json", "runtime", "copy", ...words], { env });
  await reached;
  process.kill(victim === "client" ? copying.pid : pid, "SIGKILL");
  expect(await copying.exited).not.toBe(0);
  proxy.go();
  const again = await home.run(["-o", "json", "runtime", "copy", ...words], { env });
  expect(again).toMatchObject({ exitCode: 0 });
  expect(again.json).toMatchObject({ version: VERSION, skipped: false });
  return proxy[way] - before;
}

/** All that a round leaves in a store: whole things only. The daemon goes as roughly as it came. */
async function expectWhole(home: Home, env: Record<string, string>): Promise<void> {
  expect(await home.run(["doctor", "--store"], { env })).toMatchObject({ exitCode: 0 });
  const { pid } = (await home.run(["-o", "json", "daemon", "status"], { env })).json;
  const root = env.SW_LOCAL_STORAGE ?? home.root;
  for (const place of ["ingest", "cache/partial"]) {
    while ((await namesIn(`${root}/.store/v1/${place}`)).length > 0) await Bun.sleep(5);
  }
  process.kill(pid, "SIGKILL");
}

async function withLarge(home: Home, size: number): Promise<void> {
  const content = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(content.subarray(at, at + 65_536));
  const bytes = await makePackage({ version: VERSION, name: "demo", files: { content } });
  const done = await home.run(["runtime", "import", await home.write("large.swrt", bytes), "--name", "demo"]);
  if (done.exitCode !== 0) throw new Error(done.stderr);
}

/** From the first bytes to nearly the last, each share once. */
const moments = Array.from({ length: ROUNDS }, (_, i) => 0.02 + (0.9 * i) / ROUNDS);
const victimOf = (round: number) => (round % 2 === 0 ? "client" : "daemon");

testWith(await registryMissing())(
  `${2 * ROUNDS} transfers to and from a registry`,
  async () => {
    await using registry = await startRegistry();
    await using proxy = await countingProxy(registry.host);
    await using home = await tempHome();
    await withLarge(home, SIZE);
    for (const [i, at] of moments.entries()) {
      const uri = `oci://${proxy.host}/demo-${i}`;
      const round = { home, proxy, after: Math.floor(SIZE * at), env: {} };
      const up = await killedAndRepeated({ ...round, words: ["demo", uri], way: "up" }, victimOf(i));
      expect(up).toBeLessThan(SIZE + AGAIN + BESIDES);
      await expectWhole(home, {});
      const env = { SW_LOCAL_STORAGE: `${home.dir}/store-${i}` };
      const down = await killedAndRepeated({ ...round, words: [uri, "."], way: "down", env }, victimOf(i));
      expect(down).toBeLessThan(SIZE + AGAIN + BESIDES);
      await expectWhole(home, env);
    }
  },
  MINUTES,
);

test(
  `${2 * ROUNDS} transfers to and from a server`,
  async () => {
    await using server = await startStarwhale();
    await using proxy = await countingProxy(new URL(server.url).host);
    await using home = await tempHome();
    await loggedIn(home, { ...server, url: `http://${proxy.host}` });
    await withLarge(home, SERVER_SIZE);
    const cloud = "pre-k8s/project/starwhale";
    for (const [i, at] of moments.entries()) {
      const round = { home, proxy, after: Math.floor(0.6 * SERVER_SIZE * at), env: {} };
      const name = `demo-${i}`;
      await killedAndRepeated({ ...round, words: ["demo", `${cloud}/${name}`], way: "up" }, victimOf(i));
      const there = server.state.projects[0]?.runtimes.filter((runtime) => runtime.name === name);
      expect(there?.map(({ versions }) => versions.map((version) => version.name))).toEqual([[VERSION]]);
      await expectWhole(home, {});
      const env = { SW_LOCAL_STORAGE: `${home.dir}/store-${i}` };
      await killedAndRepeated({ ...round, words: [`${cloud}/${name}`, "."], way: "down", env }, victimOf(i));
      await expectWhole(home, env);
    }
  },
  MINUTES,
);
