/** `swcli.limits.envs_size`: a daemon that has made an environment takes the longest unused ones above the limit. */
import { expect } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { buildRuntime, MINUTES } from "./activated.ts";
import { identity, makeEnv, type SmallEnv } from "./small-env.ts";
import { buildMany } from "./small-runtime.ts";

const it = testWith(needsLinux());
const HOUR = 3_600_000;
const LETTERS = "abcdef";

const limitTo = async (home: Home, size: string) =>
  await home.write(".config/starwhale/config.yaml", `version: '2.0'\nswcli: {limits: {envs_size: ${size}}}\n`);

/** The first was used `n` hours ago, the last one an hour ago. */
async function oldEnvs(home: Home, n: number): Promise<SmallEnv[]> {
  const ids = await buildMany(home, "a", n);
  return await Promise.all(
    ids.map(async (id, i) => {
      const env = await makeEnv(home, id, LETTERS[i] ?? "", Date.now() - 50 * HOUR);
      await env.usedAt(Date.now() - (n - i) * HOUR);
      return env;
    }),
  );
}

const left = (envs: readonly SmallEnv[]) =>
  envs.filter(({ prefix }) => existsSync(prefix)).map(({ key }) => key.charAt(0));

const infoOf = async (home: Home, name: string) => (await home.run(["env", "info", name, "-o", "json"])).json;

/** Makes the environment of a runtime, and waits until the daemon has done all that follows. */
async function make(home: Home, name: string, six?: string): Promise<{ prefix: string; key: string }> {
  await buildRuntime(home, name, six ? { six } : {});
  const { prefix, name: key } = await infoOf(home, name);
  const compiled = () => existsSync(`${prefix}/.swcli/bytecode-compile`);
  for (let tries = 0; tries < 600 && !compiled(); tries++) await Bun.sleep(50);
  // Each operation of the daemon has a lease as long as it works.
  const working = async () => (await readdir(`${home.root}/.store/v1/leases`)).some((file) => file.startsWith("op-"));
  for (let tries = 0; tries < 600 && (await working()); tries++) await Bun.sleep(50);
  expect([compiled(), await working()]).toEqual([true, false]);
  return { prefix, key };
}

it(
  "a new environment takes the room of the longest unused ones and of no more",
  async () => {
    await using home = await tempHome();
    const envs = await oldEnvs(home, 3);
    for (const { prefix } of envs.slice(0, 2)) await writeFile(join(prefix, "large"), new Uint8Array(64 << 20).fill(1));
    await limitTo(home, "60MiB");
    const { prefix } = await make(home, "demo");
    expect([left(envs), existsSync(prefix)]).toEqual([["c"], true]);
  },
  MINUTES,
);

async function madeLongAgo(home: Home, key: string): Promise<void> {
  const marker = `${home.root}/.envs/${key}.json`;
  const said = JSON.parse(await readFile(marker, "utf8"));
  await writeFile(marker, JSON.stringify({ ...said, created_at: Date.now() - HOUR }));
  await rm(`${home.root}/.envs/${key}.used`, { force: true });
}

it(
  "one that is in use, made, just used or new stays, however small the limit",
  async () => {
    await using home = await tempHome();
    const envs = await oldEnvs(home, 4);
    const [stands, leased, coming] = envs;
    const lease = { name: "env-b", prefix: leased?.prefix, digests: [], owner: await identity(process.pid) };
    const leases = join(home.root, ".store/v1/leases");
    await mkdir(leases, { recursive: true });
    await writeFile(join(leases, "env-b.json"), JSON.stringify(lease));
    await coming?.usedAt(Date.now());
    await limitTo(home, "1");
    const user = Bun.spawn(["sleep", "60"], { cwd: stands?.prefix ?? "/", env: {} });
    try {
      const first = await make(home, "demo");
      expect([left(envs), existsSync(first.prefix)]).toEqual([["a", "b", "c"], true]);
      await coming?.usedAt(Date.now() - HOUR);
      await madeLongAgo(home, first.key);
      const second = await make(home, "other", "1.16.0");
      expect([left(envs), existsSync(first.prefix), existsSync(second.prefix)]).toEqual([["a", "b"], false, true]);
    } finally {
      user.kill();
      await user.exited;
    }
  },
  2 * MINUTES,
);

it(
  "without a limit none goes",
  async () => {
    await using home = await tempHome();
    const envs = await oldEnvs(home, 2);
    await make(home, "demo");
    expect(left(envs)).toEqual(["a", "b"]);
  },
  MINUTES,
);
