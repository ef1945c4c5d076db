/** What a lock may hold and what it covers: platforms, find-links, hashes of the user, repositories. */
import { expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { thisPlatform } from "#core/lock/platforms.ts";
import { bothModes, tempHome } from "../helpers/home.ts";
import { needsLinux, needsProgram, testWith } from "../helpers/needs.ts";
import { makeRepository, serveGit } from "../servers/git-host.ts";
import { servePackages } from "../servers/package-index.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";

const MINUTES = 60_000;
const BUILD = ["runtime", "build", "--prepare", "wait"];
const yamlOf = (dependencies: string, environment = "python: 3.11", configs = "{}") =>
  `name: demo\nenvironment: {${environment}}\nconfigs: ${configs}\ndependencies:\n${dependencies}\n`;

const machine = thisPlatform() === "linux-aarch64" ? "aarch64" : "x86_64";
const elsewhere =
  machine === "aarch64" ? { arch: "amd64", name: "linux-x86_64" } : { arch: "arm64", name: "linux-aarch64" };

testWith(needsLinux())(
  "a package that one kind of machine lacks: dropped with a warning, an error when that machine was named",
  async () => {
    await using home = await tempHome();
    const wheel = await makeWheel(`${home.dir}/w`, { name: "revgpu", tag: `py3-none-manylinux_2_17_${machine}` });
    await using index = await servePackages([wheel]);
    const configs = `{pip: {index_url: "${index.url}"}}`;
    const dir = await home.project({ "runtime.yaml": yamlOf("  - pip: [revgpu]", "python: 3.11", configs) });
    const built = await home.run([...BUILD, "-o", "json"], { cwd: dir });
    expect(built.json.lock.platforms).toEqual([`linux-${machine}`]);
    expect(built.stderr.match(/warning: .*/g)).toEqual([
      expect.stringContaining(`${elsewhere.name} is not covered: revgpu==1.0`),
    ]);
    await home.write(`${dir}/runtime.yaml`, yamlOf("  - pip: [revgpu]", `python: 3.11, arch: [amd64, arm64]`, configs));
    const named = await home.run(BUILD, { cwd: dir });
    expect(named).toMatchObject({ exitCode: 1 });
    expect(named.stderr).toContain("(LOCK_UNSOLVABLE)");
  },
  2 * MINUTES,
);

testWith(needsLinux())(
  "a runtime for another kind of machine builds, prepares nothing here, and refuses to run with its list",
  async () => {
    await using home = await tempHome();
    const dir = await home.project({
      "runtime.yaml": yamlOf("  - pip: [six]", `python: 3.11, arch: ${elsewhere.arch}`),
    });
    const built = await home.run(BUILD, { cwd: dir });
    expect(built).toMatchObject({ exitCode: 0 });
    expect(built.stderr).toContain(`no environment is made here: the lock is for ${elsewhere.name}`);
    const ran = await home.run(["runtime", "run", "demo", "true"]);
    expect(ran.exitCode).toBe(125);
    expect(ran.stderr).toContain(`locked for ${elsewhere.name}, not for ${thisPlatform()}`);
    expect((await home.run(["runtime", "activate", "demo"])).exitCode).toBe(1);
  },
  2 * MINUTES,
);

bothModes((mode) => {
  test(
    "wheels of a find-links folder travel in the package: it works when the folder has gone",
    async () => {
      await using home = await tempHome({ mode });
      const requirements = "--find-links ./links\nrevdep\nsix\n";
      const dir = await home.project({ "runtime.yaml": yamlOf("  - r.txt"), "r.txt": requirements });
      await makeWheel(`${dir}/links`, { name: "revdep", version: "0.5" });
      expect(await home.run(["runtime", "build", "--prepare", "no"], { cwd: dir })).toMatchObject({ exitCode: 0 });
      await rm(`${dir}/links`, { recursive: true });
      const lock = await home.run(["runtime", "info", "demo", "-of", "lock"]);
      expect(lock.stdout).not.toContain("revdep");
      const ran = await home.run([
        "runtime",
        "run",
        "demo",
        "python",
        "-c",
        "import revdep, six; print(revdep.VERSION)",
      ]);
      expect(ran).toMatchObject({ exitCode: 0, stdout: "0.5\n" });
    },
    2 * MINUTES,
  );

  test(
    "a hash that the user gave and no file has is refused with its line",
    async () => {
      await using home = await tempHome({ mode });
      const wrong = `six==1.16.0 --hash=sha256:${"a".repeat(64)}\n`;
      const dir = await home.project({ "runtime.yaml": yamlOf("  - r.txt"), "r.txt": wrong });
      const failed = await home.run(BUILD, { cwd: dir });
      expect(failed.exitCode).toBe(1);
      expect(failed.stderr).toContain("r.txt:1:1: none of the hashes given for six");
      expect(failed.stderr).toContain("(HASH_MISMATCH)");
      expect((await home.run(["runtime", "list", "-o", "json"])).json).toEqual([]);
    },
    2 * MINUTES,
  );

  const VP = {
    "vp/__init__.py": "VERSION = 3\n",
    "pyproject.toml":
      '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "vp"\nversion = "0.3"\ndependencies = ["six"]\n',
  };

  testWith(needsProgram("git"))(
    "a repository is locked at its commit in a file of its own and installed without its dependencies twice",
    async () => {
      await using home = await tempHome({ mode });
      const commit = await makeRepository(home.dir, "vp", VP);
      await using host = serveGit(home.dir);
      const url = `git+http://${host.host}/vp.git`;
      const dir = await home.project({ "runtime.yaml": yamlOf(`  - pip: ["vp @ ${url}@main", idna]`) });
      const built = await home.run([...BUILD, "-o", "json"], { cwd: dir });
      expect(built.json.lock.files).toEqual([
        ".starwhale/lock/requirements-sw-lock.txt",
        ".starwhale/lock/vcs-requirements-sw-lock.txt",
      ]);
      const { data } = (await home.run(["runtime", "info", "demo", "-of", "lock", "-o", "json"])).json;
      expect(data["vcs-requirements-sw-lock.txt"]).toContain(`vp @ ${url}@${commit}`);
      expect(data["requirements-sw-lock.txt"]).toMatch(/^six==.*\n {4}--hash=/m);
      expect(data["requirements-sw-lock.txt"]).not.toContain("vp");
      const ran = await home.run(["runtime", "run", "demo", "python", "-c", "import vp, six, idna; print(vp.VERSION)"]);
      expect(ran.stdout).toBe("3\n");
    },
    3 * MINUTES,
  );

  testWith(needsProgram("git"))(
    "a repository that wants a login opens with git's own credentials, which no package and no log has",
    async () => {
      await using home = await tempHome({ mode });
      const commit = await makeRepository(home.dir, "vp", VP);
      await using host = serveGit(home.dir, "me:s3cret");
      const items = `  - pip: ["vp @ git+http://${host.host}/vp.git"]`;
      const dir = await home.project({ "runtime.yaml": yamlOf(items) });
      const env = { GIT_TERMINAL_PROMPT: "0" };
      const stranger = await home.run(BUILD, { cwd: dir, env });
      expect(stranger).toMatchObject({ exitCode: 1 });
      expect(stranger.stderr).toContain(`can't get the repository of vp @ git+http://${host.host}/vp.git`);
      await home.write(".netrc", "machine 127.0.0.1 login me password s3cret\n", 0o600);
      const built = await home.run(["-v", ...BUILD], { cwd: dir, env });
      expect(built).toMatchObject({ exitCode: 0 });
      const lock = await home.run(["runtime", "info", "demo", "-of", "lock"]);
      expect(lock.stdout).toContain(`vp.git@${commit}`);
      const ran = await home.run(["runtime", "run", "demo", "python", "-c", "import vp; print(vp.VERSION)"], { env });
      expect(ran.stdout).toBe("3\n");
      expect(`${built.stdout}${built.stderr}${lock.stdout}`).not.toContain("s3cret");
      expect((await home.exec(["grep", "-rl", "s3cret", home.root])).stdout).toBe("");
    },
    3 * MINUTES,
  );
});
