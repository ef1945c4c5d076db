/** Conda environments as venvs in drift.test.ts: whose a file is, what a damaged package cache does, and who may enter. */
import { expect } from "bun:test";
import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { needsUser, userHome } from "../helpers/user.ts";
import { channelPython, condaChannel, serveChannel } from "../servers/conda-channel.ts";
import { yamlProject } from "./conda-env.ts";

const needs = [needsLinux(), channelPython() ? undefined : "a CPython with a prefix of its own"];
const LONG = 120_000;
const ITEMS = ["conda: [native, hail]", "pip: [six]"];

/** Builds it with a package cache of its own, and waits until its environment is settled. */
async function made(home: Home): Promise<{ prefix: string; env: { RATTLER_CACHE_DIR: string; UV_CACHE_DIR: string } }> {
  const { dir } = await condaChannel();
  const env = { RATTLER_CACHE_DIR: join(home.dir, "rattler"), UV_CACHE_DIR: join(home.dir, "uv-cache") };
  const cwd = await yamlProject(home, `file://${dir}/main`, ITEMS);
  expect(await home.run(["runtime", "build", "--prepare", "wait"], { cwd, env })).toMatchObject({ exitCode: 0 });
  const { prefix } = (await home.run(["env", "info", "demo", "-o", "json"], { env })).json;
  for (let tries = 0; tries < 600 && !existsSync(`${prefix}/.swcli/seen/site`); tries++) await Bun.sleep(50);
  return { prefix, env };
}

const MINOR = channelPython()?.match(/3\.\d+$/)?.[0] ?? "";
const SIX = `lib/python${MINOR}/site-packages/six.py`;
const DECODER = `lib/python${MINOR}/json/decoder.py`;
// A link of the cache, and what the prefix is written into: a script, a text, a program; an entry point, a module.
const CHANGED = [DECODER, "bin/native-info", "etc/native.conf", "lib/native.bin", "share/native/data.txt", "bin/hail"];

interface Difference {
  path: string;
  what: string;
  distribution: string;
  fixed: boolean;
}

bothModes((mode) => {
  const it = testWith(...needs);

  it(
    "an untouched conda environment is as it was made, also after it was entered",
    async () => {
      await using home = await tempHome({ mode });
      const { env } = await made(home);
      await home.run(["runtime", "run", "demo", "--", "true"], { env });
      expect(await home.run(["env", "verify", "demo"], { env })).toMatchObject({ exitCode: 0 });
    },
    LONG,
  );

  it(
    "changed files are named with their conda or pip package and put back, those with the prefix in them too",
    async () => {
      await using home = await tempHome({ mode });
      const { prefix, env } = await made(home);
      const before = new Map(CHANGED.map((path) => [path, readFileSync(`${prefix}/${path}`)]));
      for (const path of CHANGED) appendFileSync(`${prefix}/${path}`, "\n# damaged\n");
      rmSync(`${prefix}/${SIX}`);
      const verify = async (...words: string[]) =>
        (await home.run(["env", "verify", "demo", "-o", "json", ...words], { env })).json.environments[0]
          .differences as Difference[];
      const named = await verify();
      expect(named.map(({ path }) => path).sort()).toEqual([...CHANGED, SIX].sort());
      const owner = (path: string) => named.find((one) => one.path === path)?.distribution;
      expect([owner(DECODER), owner("lib/native.bin"), owner(SIX)]).toEqual([
        expect.stringMatching(/^python 3\./),
        "native 1.0",
        expect.stringMatching(/^six 1\./),
      ]);
      expect((await verify("--fix")).filter(({ fixed }) => !fixed)).toEqual([]);
      for (const [path, bytes] of before) expect([path, readFileSync(`${prefix}/${path}`)]).toEqual([path, bytes]);
      expect(await verify()).toEqual([]);
      // The package cache had the change through the hard link.
      const cached = [...new Bun.Glob(`pkgs/python-*/${DECODER}`).scanSync(env.RATTLER_CACHE_DIR)];
      for (const path of cached)
        expect(readFileSync(join(env.RATTLER_CACHE_DIR, path))).toEqual(before.get(DECODER) as Buffer<ArrayBuffer>);
    },
    LONG,
  );
});

testWith(...needs)(
  "an environment that is made anew from a damaged package cache is put right by itself",
  async () => {
    await using home = await tempHome();
    const { prefix, env } = await made(home);
    const good = readFileSync(`${prefix}/${DECODER}`, "utf8");
    appendFileSync(`${prefix}/${DECODER}`, "\n# damaged\n");
    await home.run(["env", "remove", "demo", "--force"], { env });
    expect(await home.run(["runtime", "run", "demo", "--", "true"], { env })).toMatchObject({ exitCode: 0 });
    const { prefix: next } = (await home.run(["env", "info", "demo", "-o", "json"], { env })).json;
    for (let tries = 0; tries < 600 && !existsSync(`${next}/.swcli/seen/site`); tries++) await Bun.sleep(50);
    expect(readFileSync(`${next}/${DECODER}`, "utf8")).toBe(good);
    expect(await home.run(["env", "verify", "demo"], { env })).toMatchObject({ exitCode: 0 });
  },
  LONG,
);

testWith(...needs, ...needsUser)(
  "an ordinary user enters a conda runtime whose folders are closed, in whichever daemon or none",
  async () => {
    await using user = await userHome();
    const { dir } = await condaChannel();
    await using channel = serveChannel(dir);
    const cwd = await yamlProject(user.home, `${channel.url}/main`, ["conda: [native]"]);
    await user.own();
    expect(await user.run(["runtime", "build", "--prepare", "wait"], { cwd })).toMatchObject({ exitCode: 0 });
    const settled = () => [
      ...new Bun.Glob("*/.swcli/seen/site").scanSync({ cwd: `${user.home.root}/.envs`, dot: true }),
    ];
    for (let tries = 0; tries < 600 && settled().length === 0; tries++) await Bun.sleep(50);
    const run = async (words: string[] = []) =>
      await user.run([...words, "runtime", "run", "demo", "--", "printenv", "NATIVE_HOME"]);
    await user.run(["daemon", "stop"]);
    for (const words of [[], ["--no-daemon"], []]) {
      expect(await run(words)).toMatchObject({ exitCode: 0, stderr: "" });
      await user.run(["daemon", "stop"]);
    }
  },
  LONG,
);
