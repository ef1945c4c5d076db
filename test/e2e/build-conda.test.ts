/**
 * Conda runtimes with no conda installed: solved, locked, restored and activated from a real local channel.
 * py-rattler itself, called by a script of its own, is the oracle.
 */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bothModes, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { channelPython, condaChannel, serveChannel } from "../servers/conda-channel.ts";
import { differing, filesOf, lockOf, oracle, yamlProject } from "./conda-env.ts";

const withChannel = testWith(needsLinux(), channelPython() ? undefined : "a CPython with a prefix of its own");
const LONG = 120_000;

const build = ["runtime", "build", "--prepare", "no"];

bothModes((mode) => {
  withChannel(
    "a runtime.yaml with conda and pip packages is solved, restored, and has its variables and scripts",
    async () => {
      const { dir } = await condaChannel();
      await using channel = serveChannel(dir);
      await using home = await tempHome({ mode });
      const project = await yamlProject(home, `${channel.url}/main`, ["conda: [native, hail]", "env.yml"]);
      const yml =
        "name: x\nprefix: /opt/builder\ndependencies:\n  - everywhere\n  - pip: [six==1.16.0]\nvariables: { FROM_YML: yes it is }\n";
      await home.write(join(project, "env.yml"), yml);
      const built = await home.run([...build, "-o", "json"], { cwd: project });
      expect(built).toMatchObject({ exitCode: 0 });
      expect(built.json.lock.platforms).toEqual(["linux-x86_64"]);
      const script =
        'hail; native-info; echo "$FROM_YML|$NATIVE_JSON|$NATIVE_HOME|$PATH"; python -c "import six; print(six.__version__)"';
      const ran = await home.run(["runtime", "run", "demo", "--", "sh", "-c", script]);
      expect(ran.exitCode).toBe(0);
      const [hail, prefix = "", variables, six] = ran.stdout.trim().split("\n");
      expect(hail).toBe("hail 2.0");
      expect(six).toBe("1.16.0");
      expect(variables).toStartWith(`yes it is|from json|${prefix}/share/native|${prefix}/libexec:${prefix}/bin:`);
      expect(await readFile(join(prefix, "share/native/linked"), "utf8")).toBe("native 1.0\n");
      const again = await home.run([...build, "-o", "json"], { cwd: project });
      expect(again.json).toMatchObject({ unchanged: true, version: built.json.version });
    },
    LONG,
  );
});

withChannel(
  "the solve and the files are those of py-rattler itself, and no builder's prefix is in a lock",
  async () => {
    const { dir, minor } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    const channel = `file://${dir}/main`;
    const project = await yamlProject(home, channel, ["conda: [native, hail]"]);
    expect(await home.run(build, { cwd: project })).toMatchObject({ exitCode: 0 });
    const prefix = (await home.run(["runtime", "run", "demo", "--", "printenv", "CONDA_PREFIX"])).stdout.trim();
    const theirs = join(home.dir, "oracle");
    const solved = await oracle(home, { channel, specs: ["native", "hail", `python ${minor}.*`], prefix: theirs });
    const lock = await lockOf(home, "demo");
    const text = lock["conda-sw-lock.yaml"] ?? "";
    expect(solved.map((spec) => text.includes(`- ${spec}\n`))).toEqual(solved.map(() => true));
    expect(text).not.toContain("prefix");
    expect(JSON.stringify(lock)).not.toContain(home.root);
    const [ours, expected] = [await filesOf(prefix), await filesOf(theirs)];
    expect(expected.get("lib/native.1")).toBe("-> native.bin");
    expect(differing(ours, expected)).toEqual([]);
  },
  LONG,
);

withChannel(
  "a set that can't be solved is explained with the line of the yaml, and nothing is published",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    const project = await yamlProject(home, `file://${dir}/main`, ["conda: [everywhere]", "conda: [torn]"]);
    const failed = await home.run(build, { cwd: project });
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toContain("LOCK_UNSOLVABLE");
    expect(failed.stderr).toContain("runtime.yaml:6:13: torn");
    expect(failed.stderr).toContain("hail");
    expect((await home.run(["runtime", "list", "-o", "json"])).json).toEqual([]);
  },
  LONG,
);

withChannel(
  "environment.cuda decides what can be solved, not the machine",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    const project = await yamlProject(home, `file://${dir}/main`, ["conda: [wantscuda]"]);
    expect((await home.run(build, { cwd: project })).stderr).toContain("__cuda");
    const yaml = join(project, "runtime.yaml");
    await writeFile(yaml, (await readFile(yaml, "utf8")).replace("arch: amd64", 'arch: amd64, cuda: "11.4"'));
    expect(await home.run(build, { cwd: project })).toMatchObject({ exitCode: 0 });
  },
  LONG,
);

withChannel(
  "the first channel that has a package is the one it comes from",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    const project = await yamlProject(home, `file://${dir}/main`, ["conda: [loud]"]);
    const yaml = join(project, "runtime.yaml");
    const text = await readFile(yaml, "utf8");
    await writeFile(yaml, text.replace(`["file://${dir}/main"]`, `["file://${dir}/extra", "file://${dir}/main"]`));
    await home.run(build, { cwd: project });
    expect((await lockOf(home, "demo"))["conda-sw-lock.yaml"]).toContain("- loud=9.0=py_0");
    await writeFile(yaml, text.replace(`["file://${dir}/main"]`, `["file://${dir}/main", "file://${dir}/extra"]`));
    await home.run(build, { cwd: project });
    expect((await lockOf(home, "demo"))["conda-sw-lock.yaml"]).toContain("- loud=1.1=py_0");
  },
  LONG,
);

withChannel(
  "a login of the condarc opens the channel and never reaches the package",
  async () => {
    const { dir } = await condaChannel();
    await using channel = serveChannel(dir, { login: "me:s3cret" });
    await using home = await tempHome({ mode: "in-process" });
    const project = await yamlProject(home, `${channel.url}/main`, ["conda: [everywhere]"]);
    const refused = await home.run(build, { cwd: project });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("the channel can't be reached");
    await home.write(".condarc", `channels: ["${channel.url.replace("//", "//me:s3cret@")}/main"]\n`);
    expect(await home.run([...build, "-ecc"], { cwd: project })).toMatchObject({ exitCode: 0 });
    expect(await home.run(["runtime", "run", "demo", "--", "python", "-V"])).toMatchObject({ exitCode: 0 });
    const found = await home.exec(["grep", "-rl", "s3cret", home.root]);
    expect(found.stdout).toBe("");
  },
  LONG,
);

for (const scheme of ["http", "file"]) {
  withChannel(
    `a package that its channel (${scheme}) has replaced since is refused at restore`,
    async () => {
      const { dir } = await condaChannel();
      await using home = await tempHome({ mode: "in-process" });
      const copy = join(home.dir, "channel");
      await cp(dir, copy, { recursive: true });
      await using channel = serveChannel(copy);
      const base = scheme === "http" ? channel.url : `file://${copy}`;
      const project = await yamlProject(home, `${base}/main`, ["conda: [everywhere]"]);
      expect(await home.run(build, { cwd: project })).toMatchObject({ exitCode: 0 });
      const file = join(copy, "main/noarch/everywhere-1.0-0.conda");
      await writeFile(file, await readFile(join(copy, "main/noarch/torn-1.0-0.conda")));
      const ran = await home.run(["runtime", "run", "demo", "--", "true"]);
      expect(ran.exitCode).toBe(125);
      expect(ran.stderr).toContain("HASH_MISMATCH");
      expect(existsSync(join(home.root, ".envs")) ? await readdir(join(home.root, ".envs")) : []).toEqual([]);
    },
    LONG,
  );
}

withChannel(
  "packages come from the cache of rattler's tools, and runtimes of the same packages share their environment",
  async () => {
    const { dir } = await condaChannel();
    await using channel = serveChannel(dir);
    await using home = await tempHome({ mode: "in-process" });
    const env = { RATTLER_CACHE_DIR: join(home.dir, "rattler") };
    const ask = ["runtime", "run", "demo", "--", "printenv", "CONDA_PREFIX"];
    const project = await yamlProject(home, `${channel.url}/main`, ["conda: [hail]"]);
    const first = await home.run([...build, "-o", "json"], { cwd: project, env });
    const prefix = (await home.run(ask, { env })).stdout;
    expect(await readdir(join(env.RATTLER_CACHE_DIR, "pkgs"))).toContain("hail-2.0-py_0");
    expect((await readdir(join(env.RATTLER_CACHE_DIR, "repodata"))).length).toBeGreaterThan(0);
    expect(existsSync(join(home.dir, ".cache/rattler"))).toBe(false);
    const yaml = join(project, "runtime.yaml");
    await writeFile(yaml, `# another one\n${await readFile(yaml, "utf8")}`);
    const second = await home.run([...build, "-o", "json"], { cwd: project, env });
    expect(second.json.version).not.toBe(first.json.version);
    expect((await home.run(ask, { env })).stdout).toBe(prefix);

    const file = join(home.dir, "demo.swrt");
    expect(await home.run(["runtime", "copy", "demo", file])).toMatchObject({ exitCode: 0 });
    await using other = await tempHome({ mode: "in-process", env });
    expect(await other.run(["runtime", "import", file, "-n", "demo"])).toMatchObject({ exitCode: 0 });
    channel.requests.length = 0;
    expect((await other.run(ask)).stdout).toStartWith(other.root);
    expect(channel.requests).toEqual([]);
  },
  LONG,
);

test("an environment that nobody has is looked for by name and the places are named", async () => {
  await using home = await tempHome({ mode: "in-process" });
  const failed = await home.run(["runtime", "build", "-c", "nowhere"], { env: { CONDA_ENVS_PATH: "/srv/envs" } });
  expect(failed.exitCode).toBe(3);
  expect(failed.stderr).toContain("/srv/envs");
});

withChannel(
  "activating sets what the scripts set, deactivating runs deactivate.d and takes all of it back",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome();
    const project = await yamlProject(home, `file://${dir}/main`, ["conda: [native]"]);
    await home.run([...build.slice(0, 2), "--prepare", "wait"], { cwd: project });
    const show = 'echo "$NATIVE_HOME|$NATIVE_JSON|$CONDA_DEFAULT_ENV|$PATH"';
    const stdin = `${show}\nconda deactivate\n${show}\nls "$HOME/native-left"\n`;
    const shell = { SHELL: "/bin/bash", NATIVE_JSON: "mine" };
    const outside = (await home.exec(["bash", "-c", show], { env: shell })).stdout;
    const inside = await home.exec(["bash", "--norc", "-c", `"${SWCLI_BIN}" runtime activate demo`], {
      stdin,
      env: shell,
    });
    const [first = "", second, left] = inside.stdout.split("\n");
    expect(first).toContain("/share/native|from json|demo|");
    expect(`${second}\n`).toBe(outside);
    expect(left).toEndWith("/native-left");
  },
  LONG,
);

withChannel(
  "a changed activation script counts at the next activation, and an unchanged one starts no shell",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    const project = await yamlProject(home, `file://${dir}/main`, ["conda: [native]"]);
    await home.run(build, { cwd: project });
    const ask = ["runtime", "run", "demo", "--", "printenv", "NATIVE_HOME", "CONDA_PREFIX"];
    const [value, prefix = ""] = (await home.run(ask)).stdout.trim().split("\n");
    expect(value).toBe(`${prefix}/share/native`);
    const script = join(prefix, "etc/conda/activate.d/native.sh");
    const counted = `echo x >> "${home.dir}/counted"\nexport NATIVE_HOME=changed\n`;
    await writeFile(script, counted);
    expect((await home.run(ask)).stdout).toStartWith("changed\n");
    expect((await home.run(ask)).stdout).toStartWith("changed\n");
    expect(await readFile(join(home.dir, "counted"), "utf8")).toBe("x\n");
  },
  LONG,
);
