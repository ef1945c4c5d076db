/** Bundles where something is in the way: packages without wheels, full disks, kills, targets that can't be. */
import { expect, test } from "bun:test";
import { mkdir, readdir } from "node:fs/promises";
import { basename } from "node:path";
import { bothModes, type Home } from "../helpers/home.ts";
import { needsLinux, needsProgram, needsRoot, testWith } from "../helpers/needs.ts";
import { servePackages } from "../servers/package-index.ts";
import { builtDemo, cutOffHome, demoWheels, loneHome, OTHER_ARCH, OWN_ARCH, runAlone } from "./bundled.ts";

const LONG = 120_000;
const MIB = 1024 * 1024;
const alone = testWith(needsLinux(), needsProgram("unshare"), needsProgram("git"));
const asRoot = testWith(needsLinux(), needsRoot());

/** Its backend is its own, so that a build needs nothing but what `requires` names. */
async function makeSource(home: Home, name: string, requires: readonly string[]): Promise<string> {
  const top = `src-${name}/${name}-1.0`;
  const metadata = `Metadata-Version: 2.2\nName: ${name}\nVersion: 1.0\n`;
  await home.write(`${top}/PKG-INFO`, metadata);
  const system = `requires = ${JSON.stringify(requires)}\nbuild-backend = "own"\nbackend-path = ["."]\n`;
  await home.write(`${top}/pyproject.toml`, `[build-system]\n${system}[project]\nname = "${name}"\nversion = "1.0"\n`);
  await home.write(`${top}/own.py`, BACKEND.replaceAll("NAME", name).replace("CONTENT", JSON.stringify(metadata)));
  const file = `${home.dir}/src-${name}/${name}-1.0.tar.gz`;
  await home.exec(["tar", "czf", file, `${name}-1.0`], { cwd: `${home.dir}/src-${name}` });
  return file;
}

const BACKEND = `import zipfile
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = "NAME-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel_directory + "/" + name, "w") as wheel:
        wheel.writestr("NAME.py", "BUILT = True")
        wheel.writestr("NAME-1.0.dist-info/METADATA", CONTENT)
        wheel.writestr("NAME-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("NAME-1.0.dist-info/RECORD", "")
    return name
`;

/** @returns what building and bundling said */
async function bundled(home: Home, requirement: string, index: string) {
  const yaml = `name: demo\nenvironment: {python: 3.11}\ndependencies:\n  - pip: ["${requirement}"]\n`;
  const env = { PIP_INDEX_URL: index };
  const cwd = await home.project({ "runtime.yaml": yaml });
  const built = await home.run(["-o", "json", "runtime", "build", "--prepare", "no"], { cwd, env });
  if (built.exitCode !== 0) throw new Error(built.stdout + built.stderr);
  const file = `${home.dir}/demo.swrt`;
  return { file, made: await home.run(["-o", "json", "runtime", "bundle", "demo", "--file", file], { env }) };
}

const RUN = ["-o", "json", "runtime", "run", "--offline", "demo", "python", "-c"];

bothModes((mode) => {
  alone(
    "a package without a wheel is carried as source, with a warning, and built where no network is",
    async () => {
      await using home = await loneHome(mode);
      await using index = await servePackages([await makeSource(home, "easysrc", [])]);
      const { file, made } = await bundled(home, "easysrc", index.url);
      expect(made).toMatchObject({ exitCode: 0, json: { carried: 1 } });
      expect(made.stderr).toContain("easysrc==1.0 has no wheel for every platform: its source is carried");
      await using other = await loneHome(mode);
      await runAlone(other, ["runtime", "import", file]);
      const ran = await runAlone(other, [...RUN, "import easysrc; print(easysrc.BUILT)"]);
      expect(ran).toMatchObject({ exitCode: 0, stdout: "True\n" });
    },
    LONG,
  );

  alone(
    "build tools that a source needs are named with the way out, and a folder of links can have them",
    async () => {
      await using home = await loneHome(mode);
      await using index = await servePackages([await makeSource(home, "hardsrc", ["revpkg"])]);
      const { file } = await bundled(home, "hardsrc", index.url);
      await using other = await loneHome(mode);
      await runAlone(other, ["runtime", "import", file]);
      const failed = await runAlone(other, [...RUN, "import hardsrc"]);
      expect(failed).toMatchObject({ exitCode: 125, json: { error: { code: "OFFLINE" } } });
      expect(failed.json.error.message).toEndWith(": hardsrc==1.0 (revpkg to build it)");
      expect(failed.json.error.hint).toContain("PIP_FIND_LINKS");
      await demoWheels(`${other.dir}/links`);
      const env = { PIP_FIND_LINKS: `${other.dir}/links` };
      const ran = await runAlone(other, [...RUN, "import hardsrc"], { env });
      expect(ran).toMatchObject({ exitCode: 0 });
    },
    LONG,
  );

  alone(
    "a package of a repository is not carried: that is said, and named where it is missing",
    async () => {
      await using home = await loneHome(mode);
      await makeSource(home, "gitsrc", []);
      const repo = `${home.dir}/src-gitsrc/gitsrc-1.0`;
      const git = (...args: string[]) =>
        home.exec(["git", "-C", repo, "-c", "user.name=t", "-c", "user.email=t@example.org", ...args]);
      await git("init", "-q");
      await git("add", ".");
      await git("commit", "-q", "-m", "first");
      await using index = await servePackages([]);
      const url = "https://git.example/gitsrc";
      await home.write(".gitconfig", `[url "file://${repo}"]\n  insteadOf = ${url}\n`);
      const { file, made } = await bundled(home, `gitsrc @ git+${url}`, index.url);
      expect(made).toMatchObject({ exitCode: 0, json: { carried: 0 } });
      expect(made.stderr).toContain("gitsrc comes from a repository and is not carried");
      await using other = await loneHome(mode);
      await runAlone(other, ["runtime", "import", file]);
      const failed = await runAlone(other, [...RUN, "import gitsrc"]);
      expect(failed).toMatchObject({ exitCode: 125, json: { error: { code: "OFFLINE" } } });
      expect(failed.json.error.message).toContain("gitsrc @ git+https://git.example/gitsrc");
    },
    LONG,
  );

  alone(
    "a wheel under dependencies goes with the package, and needs neither index nor build where no network is",
    async () => {
      await using home = await loneHome(mode);
      const [wheel = ""] = await demoWheels(`${home.dir}/wheels`);
      await using index = await servePackages(await demoWheels(`${home.dir}/index`));
      const yaml = "name: demo\nenvironment: {python: 3.11}\ndependencies:\n  - pip: [natpkg]\n  - wheels: [own.whl]\n";
      const name = basename(wheel);
      const files = { "runtime.yaml": yaml.replace("own.whl", name), [name]: await Bun.file(wheel).bytes() };
      const env = { PIP_INDEX_URL: index.url };
      const built = await home.run(["runtime", "build", "--prepare", "no"], { cwd: await home.project(files), env });
      expect(built).toMatchObject({ exitCode: 0 });
      const file = `${home.dir}/demo.swrt`;
      expect(await home.run(["runtime", "bundle", "demo", "--file", file], { env })).toMatchObject({ exitCode: 0 });
      await using other = await loneHome(mode);
      await runAlone(other, ["runtime", "import", file]);
      const ran = await runAlone(other, [...RUN, "import revpkg, natpkg; print(revpkg.VERSION)"]);
      expect(ran).toMatchObject({ exitCode: 0, stdout: "1.0\n" });
    },
    LONG,
  );

  test(
    "killed while it writes, a bundle is not there, and the next one takes the rest away",
    async () => {
      await using demo = await builtDemo(mode, { large: 192 * MIB });
      const names = async () => (await readdir(demo.home.dir)).filter((name) => name.startsWith("demo.swrt"));
      const bundling = demo.home.spawn(["runtime", "bundle", "demo", "--file", demo.file], { env: demo.env });
      while ((await names()).length === 0) await Bun.sleep(1);
      for (const pid of await demo.home.processes()) process.kill(pid, "SIGKILL");
      await bundling.exited;
      expect(await names()).toEqual([expect.stringMatching(/^demo\.swrt\.[0-9a-f]{12}\.tmp$/)]);
      await demo.home.write("demo.swrt.other.tmp", "somebody else's");
      expect(await demo.bundle()).toMatchObject({ exitCode: 0 });
      expect((await names()).sort()).toEqual(["demo.swrt", "demo.swrt.other.tmp"]);
      await using home = await cutOffHome(mode);
      expect(await home.run(["runtime", "import", demo.file])).toMatchObject({ exitCode: 0 });
    },
    LONG,
  );

  test(
    "killed while it takes a bundle in, nothing is there, and the same command then finishes",
    async () => {
      await using demo = await builtDemo(mode, { large: 192 * MIB });
      await demo.bundle();
      await using home = await cutOffHome(mode);
      const importing = home.spawn(["runtime", "import", demo.file]);
      const ingest = `${home.root}/.store/v1/ingest`;
      const inside = async () => await readdir(ingest).catch(() => []);
      while ((await inside()).length === 0) await Bun.sleep(1);
      for (const pid of await home.processes()) process.kill(pid, "SIGKILL");
      await importing.exited;
      expect((await home.run(["-o", "json", "runtime", "list"])).json).toEqual([]);
      expect(await home.run(["runtime", "import", demo.file])).toMatchObject({ exitCode: 0 });
      expect((await home.run(["-o", "json", "doctor", "--store"])).json).toMatchObject({ ok: true, problems: [] });
      expect(await home.run([...RUN, "import revpkg"])).toMatchObject({ exitCode: 0 });
    },
    LONG,
  );

  asRoot(
    "a full disk is one error, at either end, and leaves no part of a bundle",
    async () => {
      await using demo = await builtDemo(mode, { large: 24 * MIB });
      await demo.bundle();
      await using small = await smallDisk(demo.home, `${demo.home.dir}/small`);
      const file = `${small.path}/demo.swrt`;
      const full = await demo.home.run(["-o", "json", "runtime", "bundle", "demo", "--file", file], { env: demo.env });
      expect(full).toMatchObject({ exitCode: 1, json: { error: { code: "DISK_FULL" } } });
      expect(await readdir(small.path)).toEqual([]);
      await using home = await cutOffHome(mode);
      await using disk = await smallDisk(home, home.root);
      const failed = await home.run(["-o", "json", "runtime", "import", demo.file]);
      expect(failed).toMatchObject({ exitCode: 1, json: { error: { code: "DISK_FULL" } } });
      expect(await readdir(`${disk.path}/.store/v1/ingest`)).toEqual([]);
      expect((await home.run(["-o", "json", "runtime", "list"])).json).toEqual([]);
      await disk.grow();
      expect(await home.run(["runtime", "import", demo.file])).toMatchObject({ exitCode: 0 });
      expect(await home.run([...RUN, "import revpkg"])).toMatchObject({ exitCode: 0 });
    },
    LONG,
  );
});

/** A file system that holds 16 MB. */
async function smallDisk(home: Home, path: string) {
  await mkdir(path, { recursive: true });
  const mounted = await home.exec(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", path]);
  if (mounted.exitCode !== 0) throw new Error(mounted.stderr);
  return {
    path,
    grow: async () => await home.exec(["mount", "-o", "remount,size=400m", path]),
    async [Symbol.asyncDispose]() {
      await home.run(["daemon", "stop"]);
      await home.exec(["umount", path]);
    },
  };
}

test(
  "a file that can't be written is refused before anything is fetched, one that is there only gives way to -f",
  async () => {
    await using demo = await builtDemo("in-process");
    const asked = demo.index.asked.length;
    const to = async (file: string, ...more: string[]) =>
      (await demo.home.run(["-o", "json", "runtime", "bundle", "demo", "--file", file, ...more], { env: demo.env }))
        .json;
    expect(await to("nowhere/demo.swrt")).toMatchObject({ error: { code: "FILE_NOT_FOUND" } });
    await mkdir(`${demo.home.dir}/folder`);
    expect(await to("folder", "-f")).toMatchObject({ error: { code: "EXISTS" } });
    await demo.home.write("demo.swrt", "mine");
    expect(await to("demo.swrt")).toMatchObject({ error: { code: "EXISTS" } });
    expect([demo.index.asked.length, await Bun.file(demo.file).text()]).toEqual([asked, "mine"]);
    expect(await to("demo.swrt", "-f")).toMatchObject({ carried: 3 });
    expect(await to("~/again.swrt")).toMatchObject({ file: `${demo.home.dir}/again.swrt` });
  },
  LONG,
);

test(
  "an import says when the bundle is for other machines only",
  async () => {
    await using demo = await builtDemo("in-process");
    for (const [arch, says] of [
      [OTHER_ARCH, true],
      [OWN_ARCH, false],
    ] as const) {
      expect(await demo.bundle(["-f", "--platform", arch])).toMatchObject({ exitCode: 0 });
      await using home = await cutOffHome("in-process");
      const taken = await home.run(["runtime", "import", demo.file]);
      expect(taken.stderr.includes(`carries packages for linux-${OTHER_ARCH}, not for linux-${OWN_ARCH}`)).toBe(says);
    }
  },
  LONG,
);
