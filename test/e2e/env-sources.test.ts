/** The options of a build hold whatever it is built from: an environment by path, name or shell, or an image. */
import { expect, test } from "bun:test";
import { chmod, chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { thisPlatform } from "#core/lock/platforms.ts";
import { type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { needsUser, userHome } from "../helpers/user.ts";
import { servePackages } from "../servers/package-index.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";
import { makeEnv } from "./made-env.ts";

const LONG = 120_000;
const IMAGE = `registry.invalid/team/demo@sha256:${"ab".repeat(32)}`;
const build = ["runtime", "build", "--prepare", "no", "-o", "json"];

async function manifestOf(home: Home, uri: string) {
  const { json } = await home.run(["runtime", "info", uri, "-of", "manifest", "-o", "json"]);
  return json.data ?? json.manifest ?? json;
}

/** As little as makes one: the record of a Python that nobody has to fetch. */
async function condaEnv(home: Home, name: string): Promise<string> {
  const prefix = join(home.dir, "conda/envs", name);
  const asked = await home.exec(["python3", "-c", "import platform; print(platform.python_version())"]);
  const version = asked.stdout.trim();
  const fn = `python-${version}-0.conda`;
  const base = { name: "python", version, build: "0", build_number: 0, subdir: "linux-64", fn };
  const origin = { url: `https://host.test/main/linux-64/${fn}`, channel: "main", sha256: "ab".repeat(32) };
  await home.write(`${prefix}/conda-meta/${fn}.json`, JSON.stringify({ ...base, ...origin, depends: [] }));
  await mkdir(`${prefix}/lib/python${version.split(".").slice(0, 2).join(".")}/site-packages`, { recursive: true });
  return prefix;
}

interface Source {
  args: string[];
  env?: Record<string, string>;
  name: string;
}

/** Each way to say what to build from. */
async function sources(home: Home): Promise<Source[]> {
  const venv = await makeEnv(home, "uv", []);
  const conda = await condaEnv(home, "mine");
  return [
    { args: ["-v", venv], name: "uv" },
    { args: ["-s"], env: { VIRTUAL_ENV: venv }, name: "uv" },
    { args: ["-cp", conda], name: "mine" },
    { args: ["-c", "mine"], env: { CONDA_ENVS_PATH: join(home.dir, "conda/envs") }, name: "mine" },
    { args: ["-s"], env: { CONDA_PREFIX: conda, CONDA_DEFAULT_ENV: "mine" }, name: "mine" },
    { args: ["-d", IMAGE], name: "demo" },
  ];
}

test(
  "-p, -n and -t hold for every source",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    expect(await home.run(["project", "create", "other"])).toMatchObject({ exitCode: 0 });
    for (const [i, { args, env, name }] of (await sources(home)).entries()) {
      const built = await home.run([...build, ...args, "-p", "other", "-t", `t${i}`], { env });
      expect(built).toMatchObject({ exitCode: 0, json: { name, tags: expect.arrayContaining([`t${i}`]) } });
      expect(built.json.uri).toStartWith(`local/project/other/runtime/${name}/version/`);
      const named = await home.run([...build, ...args, "-n", `own-${i}`], { env });
      expect(named.json).toMatchObject({ name: `own-${i}`, version: built.json.version });
    }
  },
  LONG,
);

test(
  "-epo and -ecc put the user's settings into a package of every source",
  async () => {
    const env = { PIP_EXTRA_INDEX_URL: "https://me:s3cret@private.test/simple", PIP_TRUSTED_HOST: "open.test" };
    await using home = await tempHome({ mode: "in-process" });
    const all = await sources(home);
    await home.write(".condarc", "channels: [lab]\nssl_verify: false\n");
    for (const [i, source] of all.entries()) {
      // Nothing is resolved, so nobody asks the private index.
      const options = [...source.args, "-n", `own-${i}`, "-epo", "-ecc"];
      const built = await home.run([...build, ...options], { env: { ...env, ...source.env } });
      expect(built).toMatchObject({ exitCode: 0 });
      const { configs } = await manifestOf(home, `own-${i}`);
      expect(configs.pip.extra_index_url).toContain(`https://\${SW_PIP_EXTRA_INDEX_AUTH_1}@private.test/simple`);
      expect(configs.pip.trusted_host).toContain("open.test");
      expect(configs.conda.condarc).toMatchObject({ channels: ["lab"], ssl_verify: false });
    }
  },
  LONG,
);

test(
  "--cuda, --cudnn and --arch of a venv are in its yaml, its manifest and its lock; default are none and noarch",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const prefix = await makeEnv(home, "uv", ["six==1.16.0"]);
    const options = ["--cuda", "11.4", "--cudnn", "8", "--arch", "amd64"];
    const built = await home.run([...build, "-v", prefix, "-n", "gpu", ...options]);
    expect(built).toMatchObject({ exitCode: 0, json: { lock: { platforms: ["linux-x86_64"] } } });
    const yaml = (await home.run(["runtime", "info", "gpu", "-of", "runtime_yaml"])).stdout;
    expect(yaml).toContain("  arch:\n  - amd64\n  cuda: '11.4'\n  cudnn: '8'\n");
    const manifest = await manifestOf(home, "gpu");
    expect(manifest.environment.arch).toEqual(["amd64"]);
    expect(manifest.base_image).toContain("cuda:11.4-cudnn8");
    const plain = await home.run([...build, "-v", prefix]);
    expect(plain.json.lock.platforms).toEqual(["linux-aarch64", "linux-x86_64"]);
    expect((await manifestOf(home, "uv")).environment.arch).toEqual(["noarch"]);
    expect((await home.run(["runtime", "info", "uv", "-of", "runtime_yaml"])).stdout).toContain("  cuda: ''\n");
  },
  LONG,
);

test(
  "what is built from the shell's environment says so in its manifest, and what is built by path or name does not",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const [venv, shell, prefix, named, condaShell] = await sources(home);
    // One content is one version, whose manifest stays as it was first: hence a store for each.
    const lockOf = async (root: string, { args, env }: Source = { args: [], name: "" }) => {
      const own = { ...env, SW_LOCAL_STORAGE: join(home.dir, root) };
      const { json } = await home.run([...build, ...args], { env: own });
      const info = await home.run(["runtime", "info", json.name, "-of", "manifest", "-o", "json"], { env: own });
      return (info.json.data ?? info.json.manifest ?? info.json).environment.lock;
    };
    const fromVenv = { python_env: "venv", use_venv: true, use_conda: false };
    const fromConda = { python_env: "conda", use_venv: false, use_conda: true };
    const inShell = { env_use_shell: true, env_prefix_path: null };
    expect(await lockOf("a", shell)).toMatchObject({ ...inShell, env_name: "", shell: fromVenv });
    expect(await lockOf("b", condaShell)).toMatchObject({ ...inShell, env_name: "mine", shell: fromConda });
    const byPath = (source: Source | undefined) => ({ env_use_shell: false, env_prefix_path: source?.args[1] });
    expect(await lockOf("c", venv)).toMatchObject({ ...byPath(venv), shell: fromVenv });
    expect(await lockOf("d", prefix)).toMatchObject({ ...byPath(prefix), env_name: "", shell: fromConda });
    expect(await lockOf("e", named)).toMatchObject({ env_use_shell: false, env_prefix_path: "", env_name: "mine" });
  },
  LONG,
);

test(
  "an environment whose name is none for a runtime is built under one that is, which is said, or under -n",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const env = { CONDA_ENVS_PATH: join(home.dir, "conda/envs") };
    const prefix = await condaEnv(home, "3dseg");
    await condaEnv(home, "my env");
    const found = await home.run([...build, "-c", "3dseg"], { env });
    expect(found).toMatchObject({ exitCode: 0, json: { name: "env-3dseg" } });
    expect(found.stderr).toContain(
      "3dseg can't be the name of a runtime: it is called env-3dseg (-n names it otherwise)",
    );
    const named = await home.run([...build, "-c", "3dseg", "-n", "seg"], { env });
    expect(named).toMatchObject({ exitCode: 0, json: { name: "seg", version: found.json.version } });
    expect(named.stderr).not.toContain("can't be the name");
    expect((await home.run([...build, "-c", "my env"], { env })).json.name).toBe("my-env");
    const shell = { CONDA_PREFIX: prefix, CONDA_DEFAULT_ENV: "project:3d" };
    expect((await home.run([...build, "-s"], { env: shell })).json.name).toBe("project-3d");
  },
  LONG,
);

test(
  "-s inside an active runtime is called as that runtime, not by the key of its folder",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const cwd = await home.project({ "runtime.yaml": "name: demo\ndependencies: [{ pip: [six==1.16.0] }]\n" });
    expect(await home.run(["runtime", "build"], { cwd })).toMatchObject({ exitCode: 0 });
    const inside = await home.run(["runtime", "run", "demo", "--", SWCLI_BIN, ...build, "-s"]);
    expect(inside).toMatchObject({ exitCode: 0, json: { name: "demo" } });
  },
  LONG,
);

testWith(needsLinux())(
  "a platform that an environment's packages lack is dropped with the option that names platforms here",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const machine = thisPlatform().split("-")[1];
    const tag = `py3-none-manylinux_2_17_${machine}`;
    await using index = await servePackages([await makeWheel(`${home.dir}/w`, { name: "revgpu", tag })]);
    const prefix = await makeEnv(home, "uv", ["--extra-index-url", index.url, "revgpu"]);
    const env = { PIP_EXTRA_INDEX_URL: index.url };
    const said = /is not covered: revgpu==1.0 can't be had for it \(name the platforms yourself with --arch\)/;
    for (const name of ["first", "kept"])
      expect((await home.run([...build, "-v", prefix, "-n", name], { env })).stderr).toMatch(said);
  },
  LONG,
);

test(
  "a lock that is written of an environment says what it can't hold, and no lock of another kind stays beside it",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const wheel = await makeWheel(`${home.dir}/w`, { name: "thing" });
    const prefix = await makeEnv(home, "uv", ["six==1.16.0", wheel]);
    const lock = (file: string) => join(home.dir, ".starwhale/lock", file);
    for (const file of ["conda-sw-lock.yaml", "conda-sw-lock.explicit.json"]) await home.write(lock(file), "{}\n");
    const locked = await home.run(["runtime", "lock", "-p", prefix, "-ilw", home.dir]);
    expect(locked).toMatchObject({ exitCode: 0 });
    expect(locked.stderr).toContain("the lock is without thing-1.0-py3-none-any.whl: a build carries it");
    const { stdout } = await home.exec(["ls", join(home.dir, ".starwhale/lock")]);
    expect(stdout).toBe("requirements-sw-lock.txt\n");
  },
  LONG,
);

testWith(...needsUser)(
  "an environment that its owner alone may read is said to be so, and the store has no part in it",
  async () => {
    await using user = await userHome();
    const { home } = user;
    await home.write("venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.2\n");
    const inVenv = await home.write("venv/lib/python3.11/site-packages/six-1.16.0.dist-info/METADATA", "Name: six\n");
    const inConda = await home.write("conda/conda-meta/six-1.16.0-0.json", "{}");
    await user.own();
    for (const [option, path] of [
      ["-v", inVenv],
      ["-cp", inConda],
    ] as const) {
      await chown(path, 0, 0);
      await chmod(path, 0o600);
      const prefix = path.split("/lib/")[0]?.split("/conda-meta/")[0] ?? "";
      const refused = await user.run(["runtime", "build", option, prefix]);
      expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
      expect(refused.stderr).toContain(`${path} can't be read (EACCES)`);
      expect(refused.stderr).not.toContain("store");
    }
  },
  LONG,
);
