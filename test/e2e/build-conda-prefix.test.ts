/** Conda environments that are there already become runtimes: found, only read, locked, packaged, restored elsewhere. */
import { expect } from "bun:test";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
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

withChannel(
  "the environment that is active in the shell is locked with its own variables; what can't come along is said",
  async () => {
    const { dir } = await condaChannel();
    await using channel = serveChannel(dir);
    await using home = await tempHome({ mode: "in-process" });
    const prefix = join(home.dir, "envs/mine");
    await madeEnv(home, `${channel.url}/main`, prefix);
    await writeFile(join(prefix, "conda-meta/state"), '{"env_vars": {"MYVAR": "hello"}}');
    await writeFile(join(prefix, "etc/conda/activate.d/own.sh"), "export OWN=1\n");
    const env = { CONDA_PREFIX: prefix, CONDA_DEFAULT_ENV: "fromshell", PATH: `${prefix}/bin:${home.env.PATH}` };
    const built = await home.run([...build, "-s", "-o", "json"], { env });
    expect(built).toMatchObject({ exitCode: 0, json: { name: "fromshell" } });
    expect(built.stderr).toContain("variables of the environment go into the package: MYVAR");
    expect(built.stderr).toContain("no package has etc/conda/activate.d/own.sh");
    expect(built.stderr).not.toContain("activate.d/native.sh");
    const { json } = await home.run(["runtime", "info", "fromshell", "-of", "manifest", "-o", "json"]);
    const { environment } = json.data ?? json.manifest ?? json;
    expect(environment.lock).toMatchObject({ env_name: "fromshell", env_prefix_path: null, env_use_shell: true });
    expect(environment.lock.shell).toMatchObject({ python_env: "conda", use_conda: true, use_venv: false });
    const ran = await home.run(["runtime", "run", "fromshell", "--", "printenv", "MYVAR"]);
    expect(ran).toMatchObject({ exitCode: 0, stdout: "hello\n" });
  },
  LONG,
);

withChannel(
  "packages of folders, without a hash or without Python: what others can't restore is said or refused",
  async () => {
    const { dir, minor } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    const prefix = join(home.dir, "envs/mine");
    await madeEnv(home, `file://${dir}/main`, prefix);
    // What conda owns is none of pip's, in whatever form; no index has this one.
    const record = join(prefix, "conda-meta/hail-2.0-py_0.json");
    const known = JSON.parse(await readFile(record, "utf8"));
    const metadata = `lib/python${minor}/site-packages/eggy-1.0.egg-info/PKG-INFO`;
    await home.write(join(prefix, metadata), "Metadata-Version: 1.0\nName: eggy\nVersion: 1.0\n");
    await writeFile(record, JSON.stringify({ ...known, files: [...known.files, metadata] }));
    const local = await home.run([...build, "-cp", prefix]);
    expect(local).toMatchObject({ exitCode: 0 });
    expect(local.stderr).toMatch(/hail-2\.0-py_0\.conda.* came from a folder of this machine; others can't fetch them/);

    const { md5: _, sha256: __, ...bare } = known;
    await writeFile(record, JSON.stringify(bare));
    const noHash = await home.run([...build, "-cp", prefix]);
    expect(noHash.exitCode).toBe(1);
    expect(noHash.stderr).toContain("no address or hash is known of hail=2.0=py_0");

    const python = (await readdir(join(prefix, "conda-meta"))).find((name) => name.startsWith("python-")) ?? "";
    await rm(join(prefix, "conda-meta", python));
    const noPython = await home.run([...build, "-cp", prefix]);
    expect(noPython.exitCode).toBe(1);
    expect(noPython.stderr).toContain(`the conda environment ${prefix} has no python package`);
  },
  LONG,
);
