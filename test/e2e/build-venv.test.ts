/** Virtual environments become packages that restore to the same versions, and are byte for byte unchanged afterwards. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { channelPython } from "../servers/conda-channel.ts";
import { makeRepository, serveGit } from "../servers/git-host.ts";
import { servePackages } from "../servers/package-index.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";
import { LIST, stateOf, uvProgram } from "./env-state.ts";
import { lockText, makeEnv, siteOf } from "./made-env.ts";

const LONG = 120_000;
const plain = ["runtime", "build", "--prepare", "no"];
const build = [...plain, "-o", "json"];
const withGit = testWith(needsProgram("git"));

for (const maker of ["venv", "uv", "virtualenv"] as const) {
  test(
    `an environment made by ${maker} restores to the same versions and is left as it was`,
    async () => {
      await using home = await tempHome({ mode: "in-process" });
      const prefix = await makeEnv(home, maker, ["click==8.1.7", "requests==2.31.0"]);
      const before = await stateOf(prefix);
      const installed = (await home.exec([`${prefix}/bin/python`, "-B", "-c", LIST])).stdout;
      const built = await home.run([...build, "-v", prefix]);
      expect(built).toMatchObject({ exitCode: 0 });
      expect(await stateOf(prefix)).toEqual(before);
      expect(built.json.name).toBe(maker);
      expect(await lockText(home, maker)).toMatch(/^click==8\.1\.7 .*\n\s+--hash=sha256:/m);
      expect((await home.run(["runtime", "run", maker, "--", "python", "-c", LIST])).stdout).toBe(installed);
    },
    LONG,
  );
}

test(
  "one that sees its base Python's packages says so and locks its own alone, and no interpreter of it is run",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const prefix = join(home.dir, "envs/open");
    const made = await home.exec(["python3", "-m", "venv", "--system-site-packages", "--without-pip", prefix]);
    expect(made).toMatchObject({ exitCode: 0 });
    const pip = [await uvProgram(home), "pip", "install", "-q", "--python", `${prefix}/bin/python`];
    expect(await home.exec([...pip, "six==1.16.0"])).toMatchObject({ exitCode: 0 });
    for (const name of ["python", "python3"]) {
      await rm(join(prefix, "bin", name));
      await home.write(join(prefix, "bin", name), '#!/bin/sh\ntouch "$HOME/was-run"\nexit 1\n', 0o755);
    }
    const built = await home.run([...plain, "-v", prefix]);
    expect(built).toMatchObject({ exitCode: 0 });
    expect(built.stderr).toContain("also sees the packages of its base Python");
    expect((await lockText(home, "open")).match(/^[a-z0-9-]+==/gm)).toEqual(["six=="]);
    expect(existsSync(join(home.dir, "was-run"))).toBe(false);
  },
  LONG,
);

test(
  "-s takes the environment of the shell, the first on PATH when there are two, and says so",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    expect((await home.run([...build, "-s"])).exitCode).toBe(3);
    const prefix = await makeEnv(home, "uv", ["six==1.16.0"], "work/.venv");
    const env = {
      VIRTUAL_ENV: prefix,
      CONDA_PREFIX: "/opt/conda",
      PATH: `${prefix}/bin:/opt/conda/bin:${process.env.PATH}`,
    };
    const built = await home.run([...build, "-s"], { env });
    expect(built.exitCode).toBe(0);
    expect(built.json.name).toBe("work");
    expect(built.stderr).toContain(`${prefix} comes first on PATH`);
    const conda = await home.run([...plain, "-s"], { env: { ...env, PATH: `/opt/conda/bin:${env.PATH}` } });
    expect(conda.stderr).toContain("no conda environment at /opt/conda");
  },
  LONG,
);

test(
  "packages that don't fit each other are listed, and --allow-conflicts locks them as they are",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const prefix = await makeEnv(home, "uv", ["six==1.16.0"]);
    const uv = await uvProgram(home);
    await home.exec([
      uv,
      "pip",
      "install",
      "-q",
      "--no-deps",
      "--python",
      `${prefix}/bin/python`,
      "requests==2.31.0",
      "urllib3==1.20",
    ]);
    const failed = await home.run([...plain, "-v", prefix]);
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toContain("requests 2.31.0 requires idna");
    expect(failed.stderr).toContain("but 1.20 is installed");
    expect(failed.stderr).toContain("--allow-conflicts");
    const built = await home.run([...build, "-v", prefix, "--allow-conflicts"]);
    expect(built.exitCode).toBe(0);
    const names = [...(await lockText(home, "uv")).matchAll(/^([a-z0-9-]+)==/gm)].map(([, name]) => name);
    expect(names).toEqual(["requests", "six", "urllib3"]);
    const lock = ["runtime", "lock", "--stdout", "-p", prefix];
    expect(await home.run(lock)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("--allow-conflicts") });
    expect(await home.run(["runtime", "lock", "-p", ""])).toMatchObject({ exitCode: 2, stdout: "" });
    expect((await home.run([...lock, "--allow-conflicts"])).stdout).toContain("urllib3==1.20 ");
  },
  LONG,
);

test(
  "a package that is there twice stops the build, and --allow-conflicts locks the one that was installed last",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const prefix = await makeEnv(home, "uv", ["click==8.1.7"]);
    const left = `${await siteOf(home, prefix)}/click-8.0.0.dist-info`;
    await home.write(`${left}/METADATA`, "Metadata-Version: 2.1\nName: click\nVersion: 8.0.0\n");
    await utimes(left, 1000, 1000);
    const failed = await home.run([...plain, "-v", prefix]);
    expect(failed.stderr).toContain("click is installed twice: 8.1.7, which counts, and 8.0.0");
    const built = await home.run([...build, "-v", prefix, "--allow-conflicts"]);
    expect(built).toMatchObject({ exitCode: 0 });
    expect(built.stderr).toContain("click is installed twice");
    expect((await lockText(home, "uv")).match(/^click==\S+/gm)).toEqual(["click==8.1.7"]);
  },
  LONG,
);

test("a Python that no runtime can have is refused by the environment's name, before anything is resolved", async () => {
  await using home = await tempHome({ mode: "in-process" });
  const prefix = await home.project({
    "pyvenv.cfg": "version = 3.6.15\n",
    "lib/python3.6/site-packages/gone-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: gone\nVersion: 1.0\n",
  });
  const refused = await home.run([...plain, "-v", prefix]);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain(`${prefix} has Python 3.6.15, which is not supported`);
  expect(refused.stderr).toContain("3.7 to 3.13");
});

test(
  "what an environment needs of the packages that it only sees is locked with it, and restored",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const prefix = join(home.dir, "envs/open");
    const made = ["python3", "-m", "venv", "--system-site-packages", "--without-pip", prefix];
    expect(await home.exec(made)).toMatchObject({ exitCode: 0 });
    const env = { PYTHONUSERBASE: join(home.dir, "user") };
    const seen = join(env.PYTHONUSERBASE, "lib", (await siteOf(home, prefix)).split("/").at(-2) ?? "", "site-packages");
    await using index = await servePackages([
      await makeWheel(join(home.dir, "w"), { name: "app", requires: ["six", "only-here"] }),
    ]);
    const only = `${seen}/only_here-1.0.dist-info/METADATA`;
    await home.write(only, "Metadata-Version: 2.1\nName: only-here\nVersion: 1.0\n");
    const uv = [await uvProgram(home), "pip", "install", "-q", "--no-deps", "--extra-index-url", index.url];
    expect(await home.exec([...uv, "--target", seen, "six==1.16.0", "idna"])).toMatchObject({ exitCode: 0 });
    expect(await home.exec([...uv, "--python", `${prefix}/bin/python`, "app"])).toMatchObject({ exitCode: 0 });
    const own = { env: { ...env, PIP_EXTRA_INDEX_URL: index.url } };
    const refused = await home.run([...plain, "-v", prefix], own);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("only-here 1.0: no such version on your indexes");
    expect(refused.stderr).not.toContain("don't fit each other");
    const built = await home.run([...plain, "-v", prefix, "--allow-conflicts"], own);
    expect(built).toMatchObject({ exitCode: 0 });
    expect(built.stderr).toContain("what its own packages need (only-here 1.0, six 1.16.0) is locked too");
    expect(built.stderr).toContain(`only-here of ${prefix} is left out`);
    expect((await lockText(home, "open")).match(/^[a-z0-9-]+==/gm)).toEqual(["app==", "six=="]);
    const ran = await home.run(["runtime", "run", "open", "--", "python", "-c", "import app, six"], own);
    expect(ran).toMatchObject({ exitCode: 0 });
  },
  LONG,
);

testWith(channelPython() ? undefined : "a Python of pyenv or uv")(
  "an environment is restored with the very Python that it was locked in, and what is made with another one says so",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const python = channelPython() ?? "";
    const prefix = join(home.dir, "envs/exact");
    expect(await home.exec([python, "-m", "venv", "--without-pip", prefix])).toMatchObject({ exitCode: 0 });
    expect(await home.run([...build, "-v", prefix])).toMatchObject({ exitCode: 0 });
    const [version = "", minor] = (await home.exec([python, "-V"])).stdout.match(/(\d+\.\d+)\.\d+/) ?? [];
    const ran = await home.run(["runtime", "run", "exact", "--", "python", "-V"]);
    expect(ran).toMatchObject({ exitCode: 0, stdout: `Python ${version}\n` });
    const config = (text: string) => `home = ${join(python, "..")}\nversion = ${text}\n`;
    await home.write(join(prefix, "pyvenv.cfg"), config(`${minor}.199`));
    // A store without an environment that would do.
    const env = { SW_LOCAL_STORAGE: join(home.dir, "other") };
    expect(await home.run([...build, "-v", prefix], { env })).toMatchObject({ exitCode: 0 });
    const other = await home.run(["runtime", "run", "exact", "--", "python", "-V"], { env });
    expect(other.exitCode).toBe(0);
    expect(other.stderr).toContain(`${minor}.199, which it was locked in, is not on this machine`);
  },
  LONG,
);

const PROJECT = {
  "pyproject.toml":
    '[project]\nname = "own-thing"\nversion = "0.4"\n[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
  "own_thing.py": "VALUE = 4\n",
};

test(
  "an editable project is refused with its place and the way out, and carried as a wheel by -ie",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const project = await home.project(PROJECT);
    const prefix = await makeEnv(home, "uv", ["six==1.16.0", "-e", project]);
    const sources = await stateOf(project);
    const refused = await home.run([...plain, "-v", prefix]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(`own-thing 0.4: editable, from ${project}`);
    expect(refused.stderr).toContain("-ie");
    const [first, second] = [
      await home.run([...build, "-v", prefix, "-ie"]),
      await home.run([...build, "-v", prefix, "-ie"]),
    ];
    expect(first.exitCode).toBe(0);
    expect(second.json).toMatchObject({ version: first.json.version, unchanged: true });
    expect(await stateOf(project)).toEqual(sources);
    const code = "import own_thing; print(own_thing.VALUE, own_thing.__file__)";
    const ran = await home.run(["runtime", "run", "uv", "--", "python", "-c", code]);
    expect(ran.stdout).toStartWith("4 ");
    expect(ran.stdout).toContain("/.envs/");
  },
  LONG,
);

test(
  "a private build that is on no index is listed, and carried from what is installed by -ilw",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const project = await home.project(PROJECT);
    const uv = await uvProgram(home);
    const dist = join(home.dir, "dist");
    await home.exec([uv, "build", "-q", "--wheel", "--out-dir", dist, project]);
    // Through find-links nothing says where it came from.
    const prefix = await makeEnv(home, "uv", ["six==1.16.0", "--find-links", dist, "own-thing"]);
    const refused = await home.run([...plain, "-v", prefix]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("own-thing 0.4: no such version on your indexes");
    expect(refused.stderr).not.toContain("six 1.16.0");
    expect(await home.run([...build, "-v", prefix, "-ilw"])).toMatchObject({ exitCode: 0 });
    const ran = await home.run([
      "runtime",
      "run",
      "uv",
      "--",
      "python",
      "-c",
      "import own_thing; print(own_thing.VALUE)",
    ]);
    expect(ran.stdout).toBe("4\n");
  },
  LONG,
);

withGit(
  "a package from a repository is locked to its commit",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const prefix = await makeEnv(home, "uv", ["six==1.16.0"]);
    const commit = "a".repeat(40);
    const site = await siteOf(home, prefix);
    await home.write(join(site, "gone-1.0.dist-info/METADATA"), "Metadata-Version: 2.1\nName: gone\nVersion: 1.0\n");
    const direct = { url: "file:///srv/gone", vcs_info: { vcs: "git", commit_id: commit } };
    await home.write(join(site, "gone-1.0.dist-info/direct_url.json"), JSON.stringify(direct));
    const refused = await home.run([...plain, "-v", prefix]);
    expect(refused.stderr).toContain(
      "gone 1.0: from a repository that only this machine reaches: git+file:///srv/gone",
    );
    await home.write(
      join(site, "gone-1.0.dist-info/direct_url.json"),
      JSON.stringify({ ...direct, url: "https://127.0.0.1:1/gone.git" }),
    );
    // Nobody listens there; what uv was asked for is what counts.
    const asked = await home.run([...plain, "-v", prefix]);
    expect(asked.stderr).toContain(`git+https://127.0.0.1:1/gone.git@${commit}`);
  },
  LONG,
);

withGit(
  "a package from a repository is restored elsewhere from the commit that was installed, though the branch went on",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const files = Object.entries(PROJECT).map(([path, text]) => [`sub/${path}`, text]);
    const dir = join(home.dir, "git");
    const commit = await makeRepository(dir, "own", Object.fromEntries(files));
    await using git = serveGit(dir);
    const url = `git+http://${git.host}/own.git`;
    const prefix = await makeEnv(home, "uv", [`own-thing @ ${url}#subdirectory=sub`]);
    const work = ["git", "-c", "user.name=n", "-c", "user.email=n@host.test", "-C", join(dir, "own.work")];
    await home.write(join(dir, "own.work/sub/own_thing.py"), "VALUE = 5\n");
    await home.exec([...work, "commit", "-q", "-a", "-m", "second"]);
    expect(await home.exec([...work, "push", "-q", join(dir, "own.git"), "main"])).toMatchObject({ exitCode: 0 });
    expect(await home.run([...build, "-v", prefix])).toMatchObject({ exitCode: 0 });
    const locked = await lockText(home, "uv", "vcs-requirements-sw-lock.txt");
    expect(locked).toContain(`own-thing @ ${url}@${commit}#subdirectory=sub`);
    await home.run(["runtime", "copy", "uv", join(home.dir, "uv.swrt")]);
    await using elsewhere = await tempHome({ mode: "in-process" });
    await elsewhere.run(["runtime", "import", join(home.dir, "uv.swrt"), "-n", "came"]);
    const code = "import own_thing; print(own_thing.VALUE)";
    const ran = await elsewhere.run(["runtime", "run", "came", "--", "python", "-c", code], {
      env: { UV_CACHE_DIR: join(elsewhere.dir, "cache") },
    });
    expect(ran.stdout).toBe("4\n");
  },
  LONG,
);

test("what is no virtual environment is refused by name, with the option that fits", async () => {
  await using home = await tempHome({ mode: "in-process" });
  const empty = await home.project({ "conda-meta/history": "" });
  const conda = await home.run([...plain, "-v", empty]);
  expect(conda).toMatchObject({ exitCode: 3 });
  expect(conda.stderr).toContain(`--conda-prefix ${empty}`);
  expect((await home.run([...build, "-v", "/nowhere"])).exitCode).toBe(3);
});
