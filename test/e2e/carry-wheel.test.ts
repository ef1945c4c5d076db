/** Packages that no index has are carried as they are installed: projects in development, folders, wheel files. */
import { expect, test } from "bun:test";
import { readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, needsProgram, testWith } from "../helpers/needs.ts";
import { ownBytes, peakWhile } from "../helpers/own-memory.ts";
import { servePackages } from "../servers/package-index.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";
import { stateOf, uvProgram } from "./env-state.ts";
import { lockText, makeEnv, siteOf } from "./made-env.ts";

const LONG = 120_000;
const MIB = 1024 * 1024;
const build = ["runtime", "build", "--prepare", "no", "-v"];
const withGit = testWith(needsProgram("git"));

const pyproject = (version: string, more = "") =>
  `[project]\nname = "own-thing"\nversion = "${version}"\n${more}[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n`;
const PROJECT = { "pyproject.toml": pyproject("0.4"), "own_thing.py": "VALUE = 4\n" };

const python = (home: Home, name: string, code: string) =>
  home.run(["runtime", "run", name, "--", "python", "-c", code]);

test(
  "packages of a project that are called build, dist or venv are in the wheel, what an earlier build left there is not",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const packages = '[tool.setuptools]\npackages = ["pkg", "pkg.build", "pkg.dist", "pkg.venv"]\n';
    const project = await home.project({
      "pyproject.toml": `${pyproject("0.4")}${packages}`,
      "pkg/__init__.py": "",
      "pkg/build/__init__.py": "A = 1\n",
      "pkg/dist/__init__.py": "B = 2\n",
      "pkg/venv/__init__.py": "C = 3\n",
      "build/lib/pkg/stale.py": "",
    });
    const prefix = await makeEnv(home, "uv", ["-e", project]);
    const sources = await stateOf(project);
    expect(await home.run([...build, prefix, "-ie"])).toMatchObject({ exitCode: 0 });
    expect(await stateOf(project)).toEqual(sources);
    const ran = await python(home, "uv", "import pkg.build, pkg.dist, pkg.venv; print(pkg.build.A + pkg.venv.C)");
    expect(ran.stdout).toBe("4\n");
    expect((await python(home, "uv", "import pkg.stale")).exitCode).toBe(1);
  },
  LONG,
);

test(
  "a project whose version has moved since it was installed is refused, not carried as another version",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const project = await home.project(PROJECT);
    const prefix = await makeEnv(home, "uv", ["-e", project]);
    await home.write(join(project, "pyproject.toml"), pyproject("0.5"));
    const refused = await home.run([...build, prefix, "-ie"]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(`own-thing 0.4 is installed, but its project ${project} is own-thing 0.5 by now`);
    expect(refused.stderr).toContain(`pip install -e ${project}`);
    await rm(project, { recursive: true });
    expect((await home.run([...build, prefix, "-ie"])).stderr).toContain(
      `its project ${project} is not there any more`,
    );
  },
  LONG,
);

test(
  "what a project's sources ask for since it was installed is left out of the lock, with a word",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const project = await home.project(PROJECT);
    const prefix = await makeEnv(home, "uv", ["-e", project]);
    await home.write(join(project, "pyproject.toml"), pyproject("0.4", 'dependencies = ["six"]\n'));
    const built = await home.run([...build, prefix, "-ie"]);
    expect(built).toMatchObject({ exitCode: 0 });
    expect(built.stderr).toContain(`six of ${prefix} is left out: asked for by a package but not installed`);
    expect(await lockText(home, "uv")).not.toContain("six");
  },
  LONG,
);

test(
  "a project that was installed from its folder is carried as it was then, whatever the folder holds now",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const project = await home.project(PROJECT);
    const prefix = await makeEnv(home, "uv", [project]);
    await home.write(join(project, "pyproject.toml"), pyproject("2.0"));
    await home.write(join(project, "own_thing.py"), "VALUE = 22\n");
    const refused = await home.run([...build, prefix]);
    expect(refused.stderr).toContain(`own-thing 0.4: installed from the folder ${project}`);
    expect(await home.run([...build, prefix, "-ie"])).toMatchObject({ exitCode: 0 });
    const code = "import own_thing, importlib.metadata as m; print(m.version('own-thing'), own_thing.VALUE)";
    expect((await python(home, "uv", code)).stdout).toBe("0.4 4\n");
  },
  LONG,
);

withGit(
  "the version that git gives a project is the installed one, also with links in it and with changes",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const project = await home.project({
      "pyproject.toml":
        '[project]\nname = "own-thing"\ndynamic = ["version"]\n[build-system]\nrequires = ["setuptools>=64", "setuptools_scm>=8"]\nbuild-backend = "setuptools.build_meta"\n[tool.setuptools_scm]\n',
      "own_thing.py": "VALUE = 4\n",
      ".gitignore": "*.egg-info\n__pycache__\n",
    });
    await symlink("own_thing.py", join(project, "LINK"));
    const git = async (...words: string[]) =>
      expect(
        await home.exec(["git", "-c", "user.name=n", "-c", "user.email=n@host.test", "-C", project, ...words]),
      ).toMatchObject({ exitCode: 0 });
    await git("init", "-q");
    await git("add", ".");
    await git("commit", "-q", "-m", "first");
    await git("tag", "v1.2.3");
    const prefix = await makeEnv(home, "uv", ["-e", project]);
    expect(await home.run([...build, prefix, "-ie"])).toMatchObject({ exitCode: 0 });
    const version = "import importlib.metadata as m; print(m.version('own-thing'))";
    expect((await python(home, "uv", version)).stdout).toBe("1.2.3\n");

    await home.write(join(project, "own_thing.py"), "VALUE = 5\n");
    await makeEnv(home, "uv", ["-e", project], "envs/dirty");
    const dirty = (await home.exec([join(home.dir, "envs/dirty/bin/python"), "-c", version])).stdout;
    expect(dirty).toMatch(/^1\.2\.4\.dev0\+g\w+\.d\d{8}\n$/);
    expect(await home.run([...build, join(home.dir, "envs/dirty"), "-ie"])).toMatchObject({ exitCode: 0 });
    expect((await python(home, "dirty", version)).stdout).toBe(dirty);
  },
  LONG,
);

test(
  "the build of a carried project asks the user's own index, and no other",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const project = await home.project(PROJECT);
    const prefix = await makeEnv(home, "uv", ["-e", project]);
    await using index = await servePackages([]);
    const env = { PIP_INDEX_URL: index.url, PIP_FIND_LINKS: undefined, UV_CACHE_DIR: join(home.dir, "cache") };
    const failed = await home.run([...build, prefix, "-ie"], { env });
    expect(index.asked).toContain("/simple/setuptools/");
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toContain(`no wheel of own-thing could be built from ${project}:`);
    expect(failed.stderr).toContain("setuptools was not found");
  },
  LONG,
);

test(
  "a build that fails says what the project said, with its own folder's name",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const project = await home.project(PROJECT);
    const prefix = await makeEnv(home, "uv", ["-e", project]);
    await home.write(join(project, "setup.py"), 'raise RuntimeError("need libfoo headers")\n');
    const failed = await home.run([...build, prefix, "-ie"]);
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toContain("RuntimeError: need libfoo headers");
    expect(failed.stderr).not.toContain(home.root);
  },
  LONG,
);

test(
  "a wheel file that was installed is carried as the very file while it is the one, else as what is installed",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const wheel = await makeWheel(join(home.dir, "w"), { name: "thing" });
    const bytes = await readFile(wheel);
    const prefix = await makeEnv(home, "venv", []);
    expect(await home.exec([`${prefix}/bin/pip`, "install", "-q", wheel])).toMatchObject({ exitCode: 0 });
    expect((await home.run([...build, prefix])).stderr).toContain(`thing 1.0: installed from the file ${wheel}`);
    const carried = async (name: string) => {
      expect(await home.run([...build, prefix, "-ilw", "-n", name])).toMatchObject({ exitCode: 0 });
      const out = join(home.dir, `out-${name}`);
      await home.run(["runtime", "extract", name, "--target-dir", out]);
      return await readFile(join(out, "wheels/thing-1.0-py3-none-any.whl"));
    };
    expect(await carried("same")).toEqual(bytes);
    await makeWheel(join(home.dir, "w"), { name: "thing", requires: ["nothing-like-it"] });
    const repacked = await carried("other");
    expect(repacked).not.toEqual(bytes);
    const code = "import importlib.metadata as m; print(m.version('thing'), m.requires('thing'))";
    expect((await python(home, "other", code)).stdout).toBe("1.0 None\n");
  },
  LONG,
);

testWith(needsLinux())(
  "a private package of 200 MB is carried with less than 80 MiB more than at rest",
  async () => {
    await using home = await tempHome();
    await uvProgram(home);
    const prefix = await makeEnv(home, "uv", []);
    const site = await siteOf(home, prefix);
    const noise = crypto.getRandomValues(new Uint8Array(65_536));
    const content = new Uint8Array(200 * MIB);
    for (let at = 0; at < content.length; at += noise.length) content.set(noise, at);
    const info = `${site}/large-1.0.dist-info`;
    await home.write(`${site}/large.bin`, content);
    await home.write(`${info}/METADATA`, "Metadata-Version: 2.1\nName: large\nVersion: 1.0\n");
    await home.write(`${info}/WHEEL`, "Wheel-Version: 1.0\nTag: py3-none-any\n");
    await home.write(
      `${info}/direct_url.json`,
      '{"url": "file:///gone/large-1.0-py3-none-any.whl", "archive_info": {}}',
    );
    await home.write(`${info}/RECORD`, "large.bin,,\nlarge-1.0.dist-info/METADATA,,\nlarge-1.0.dist-info/WHEEL,,\n");
    await home.run(["daemon", "restart"]);
    const { pid } = (await home.run(["-o", "json", "daemon", "status"])).json;
    const atRest = ownBytes(pid);
    const built = home.run([...build, prefix, "-ilw"]);
    expect((await peakWhile(pid, built)) - atRest).toBeLessThan(80 * MIB);
    expect(await built).toMatchObject({ exitCode: 0 });
  },
  LONG,
);
