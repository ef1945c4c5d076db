/** Virtual environments become packages that restore to the same versions, and are byte for byte unchanged afterwards. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { LIST, stateOf, uvProgram } from "./env-state.ts";

const LONG = 120_000;
const plain = ["runtime", "build", "--prepare", "no"];
const build = [...plain, "-o", "json"];
const withGit = testWith(needsProgram("git"));

type Maker = "venv" | "uv" | "virtualenv";

async function makeEnv(home: Home, maker: Maker, packages: string[], at = `envs/${maker}`): Promise<string> {
  const prefix = join(home.dir, at);
  const uv = await uvProgram(home);
  const made = {
    venv: ["python3", "-m", "venv", prefix],
    uv: [uv, "venv", "-q", prefix],
    virtualenv: [uv, "tool", "run", "-q", "virtualenv", "-q", prefix],
  }[maker];
  expect((await home.exec(made)).exitCode).toBe(0);
  if (packages.length > 0) {
    const installed = await home.exec([uv, "pip", "install", "-q", "--python", `${prefix}/bin/python`, ...packages]);
    expect(installed.stderr).not.toContain("error");
  }
  return prefix;
}

async function lockText(home: Home, name: string, file = "requirements-sw-lock.txt"): Promise<string> {
  const { json } = await home.run(["runtime", "info", name, "-of", "lock", "-o", "json"]);
  return (json.data ?? json.lock ?? json)[file] ?? "";
}

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
    const site = (
      await home.exec([`${prefix}/bin/python`, "-c", "import site; print(site.getsitepackages()[0])"])
    ).stdout.trim();
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

test("what is no virtual environment is refused by name, with the option that fits", async () => {
  await using home = await tempHome({ mode: "in-process" });
  const empty = await home.project({ "conda-meta/history": "" });
  const conda = await home.run([...plain, "-v", empty]);
  expect(conda).toMatchObject({ exitCode: 3 });
  expect(conda.stderr).toContain(`--conda-prefix ${empty}`);
  expect((await home.run([...build, "-v", "/nowhere"])).exitCode).toBe(3);
});
