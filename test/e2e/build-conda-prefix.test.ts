/** Conda environments that are there already become runtimes: found, only read, locked, packaged, restored elsewhere. */
import { expect } from "bun:test";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { channelPython, condaChannel, serveChannel } from "../servers/conda-channel.ts";
import { differing, filesOf, lockOf, madeEnv } from "./conda-env.ts";
import { stateOf, uvProgram } from "./env-state.ts";

const withChannel = testWith(needsLinux(), channelPython() ? undefined : "a CPython with a prefix of its own");
const LONG = 120_000;
const build = ["runtime", "build", "--prepare", "no"];

withChannel(
  "an environment made by py-rattler and extended by pip is restored from its package elsewhere, file by file",
  async () => {
    const { dir } = await condaChannel();
    await using channel = serveChannel(dir);
    await using home = await tempHome({ mode: "in-process" });
    const prefix = join(home.dir, "envs/mine");
    await madeEnv(home, `${channel.url}/main`, prefix);
    const pip = [await uvProgram(home), "pip", "install", "-q", "--python", `${prefix}/bin/python`];
    expect(await home.exec([...pip, "six==1.16.0"])).toMatchObject({ exitCode: 0 });
    const [before, state] = [await filesOf(prefix), await stateOf(prefix)];

    const options = ["-c", "mine", "-n", "other", "-t", "good", "-p", "self", "--cuda", "11.4", "--cudnn", "8"];
    const env = { CONDA_ENVS_PATH: join(home.dir, "envs") };
    const built = await home.run([...build, ...options, "-o", "json"], { env });
    expect(built).toMatchObject({ exitCode: 0, json: { name: "other" } });
    expect(built.json.tags).toContain("good");
    expect(await stateOf(prefix)).toEqual(state);
    const lock = await lockOf(home, "other");
    expect(lock["requirements-sw-lock.txt"]).toMatch(/^six==1\.16\.0 .*\n\s+--hash=sha256:/m);
    expect(lock["requirements-sw-lock.txt"]).not.toContain("loud");
    const yaml = await home.run(["runtime", "info", "other", "-of", "runtime_yaml"]);
    expect(yaml.stdout).toContain("  cuda: '11.4'\n  cudnn: '8'\n");

    const file = join(home.dir, "other.swrt");
    expect(await home.run(["runtime", "copy", "other", file])).toMatchObject({ exitCode: 0 });
    const members = ["dependencies/.starwhale/lock/conda-sw-lock.explicit.json", "_manifest.yaml", "runtime.yaml"];
    const inside = await home.exec(["tar", "-xOf", file, ...members]);
    expect(inside).toMatchObject({ exitCode: 0, stderr: "" });
    expect(inside.stdout).toContain("/main/linux-64/native-1.0-h1_0.conda");
    expect(inside.stdout).not.toContain(home.dir);
    await using elsewhere = await tempHome({ mode: "in-process" });
    expect(await elsewhere.run(["runtime", "import", file, "-n", "came"])).toMatchObject({ exitCode: 0 });
    const show = await elsewhere.run(["runtime", "run", "came", "--", "printenv", "CONDA_PREFIX"]);
    const restored = show.stdout.trim();
    expect(restored).toStartWith(elsewhere.root);
    expect(before.get("share/native/linked")).toContain("native 1.0");
    expect(differing(await filesOf(restored), before)).toEqual([]);
    const records = async (at: string) =>
      (await readdir(join(at, "conda-meta"))).filter((name) => /^[^.].*json$/.test(name));
    expect((await records(restored)).sort()).toEqual((await records(prefix)).sort());
  },
  LONG,
);

withChannel(
  "a pixi project's environment is found by its name from inside the project, and locked with what uv added",
  async () => {
    const { dir } = await condaChannel();
    await using channel = serveChannel(dir);
    await using home = await tempHome({ mode: "in-process" });
    const project = await home.project({ "pixi.toml": "[workspace]\n", "src/main.py": "" });
    const prefix = join(project, ".pixi/envs/default");
    await madeEnv(home, `${channel.url}/main`, prefix);
    // As pixi leaves it: a mark of its own, no history.
    await rm(join(prefix, "conda-meta/history"), { force: true });
    await writeFile(join(prefix, "conda-meta/pixi"), '{"manifest_path":"pixi.toml","environment_name":"default"}');
    const pip = [await uvProgram(home), "pip", "install", "-q", "--python", `${prefix}/bin/python`];
    expect(await home.exec([...pip, "six==1.16.0"])).toMatchObject({ exitCode: 0 });
    const state = await stateOf(prefix);
    const built = await home.run([...build, "-c", "default", "-o", "json"], { cwd: join(project, "src") });
    expect(built).toMatchObject({ exitCode: 0, json: { name: "default" } });
    const lock = await lockOf(home, "default");
    expect(lock["conda-sw-lock.yaml"]).toContain("- native=1.0=h1_0\n");
    expect(lock["requirements-sw-lock.txt"]).toContain("six==1.16.0");
    const byPath = await home.run(["runtime", "lock", "--stdout", "-p", prefix]);
    expect(byPath).toMatchObject({ exitCode: 0 });
    expect(byPath.stdout).toContain("- native=1.0=h1_0\n");
    expect(await stateOf(prefix)).toEqual(state);
  },
  LONG,
);

withChannel(
  "an environment without a Python that works is locked as well: nothing of it is run",
  async () => {
    const { dir } = await condaChannel();
    await using channel = serveChannel(dir);
    await using home = await tempHome({ mode: "in-process" });
    const prefix = join(home.dir, "envs/mine");
    await madeEnv(home, `${channel.url}/main`, prefix);
    await rm(join(prefix, "bin"), { recursive: true });
    await mkdir(join(prefix, "bin"));
    await home.write(join(prefix, "bin/python"), '#!/bin/sh\ntouch "$HOME/was-run"\nexit 1\n', 0o755);
    expect(await home.run([...build, "-cp", prefix])).toMatchObject({ exitCode: 0 });
    expect((await readdir(home.dir)).includes("was-run")).toBe(false);
    const arm = await home.run([...build, "-cp", prefix, "--arch", "arm64"]);
    expect(arm.exitCode).toBe(1);
    expect(arm.stderr).toContain(`${prefix} is for linux-64; it can't be locked for arm64`);
    expect(arm.stderr).toContain("PLATFORM_NOT_COVERED");
    expect((await lockOf(home, "mine"))["conda-sw-lock.yaml"]).toContain("- hail=2.0=py_0\n");
  },
  LONG,
);
