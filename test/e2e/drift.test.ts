/** What somebody did to a shared environment is noticed, named and put back; uv's cache is not believed. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { needsRoot, testWith } from "../helpers/needs.ts";

const MINUTES = 60_000;
const YAML = "name: demo\nenvironment:\n  python: 3.11\ndependencies:\n  - pip:\n      - six\n      - idna\n";

interface Difference {
  path: string;
  what: string;
  distribution: string;
  fixed: boolean;
}

bothModes((mode) => {
  let home: Home;
  let prefix = "";
  let site = "";
  beforeAll(async () => {
    home = await tempHome({ mode });
    // A cache of its own: what is damaged here is a hard link of what all others use.
    const dir = await home.project({ "runtime.yaml": YAML });
    const built = await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir, env: cache() });
    if (built.exitCode !== 0) throw new Error(built.stderr);
    const envs = `${home.root}/.envs`;
    prefix = `${envs}/${readdirSync(envs).find((name) => /-1$/.test(name))}`;
    site = `${prefix}/lib/python3.11/site-packages`;
    for (let tries = 0; tries < 300 && !existsSync(`${prefix}/.swcli/seen/site`); tries++) await Bun.sleep(100);
  }, 2 * MINUTES);
  afterAll(async () => await home[Symbol.asyncDispose]());

  const cache = () => ({ UV_CACHE_DIR: `${home.dir}/uv-cache` });
  const verify = async (...words: string[]) => {
    const ran = await home.run(["env", "verify", "demo", "-o", "json", ...words], { env: cache() });
    return { exitCode: ran.exitCode, differences: ran.json.environments[0].differences as Difference[] };
  };

  test(
    "an untouched environment is as it was made, also after it was used by root",
    async () => {
      const env = { PYTHONDONTWRITEBYTECODE: undefined };
      await home.run(["runtime", "run", "demo", "--", "python", "-O", "-c", "import six, idna"], { env });
      expect(await verify()).toEqual({ exitCode: 0, differences: [] });
      expect((await home.run(["runtime", "run", "demo", "--", "true"])).stderr).toBe("");
    },
    MINUTES,
  );

  test(
    "what can't be had offline is named, not believed",
    async () => {
      const cached = [...new Bun.Glob("archive-v0/**/six.py").scanSync(cache().UV_CACHE_DIR)];
      expect(cached.length).toBeGreaterThan(0);
      for (const path of cached) appendFileSync(`${cache().UV_CACHE_DIR}/${path}`, "\n# the cache has it too\n");
      appendFileSync(`${site}/six.py`, "\n# edited\n");
      const offline = { ...cache(), UV_OFFLINE: "1" };
      const ran = await home.run(["env", "verify", "demo", "--fix", "-o", "json"], { env: offline });
      expect(ran.exitCode).toBe(1);
      expect(
        ran.json.environments[0].differences.map((one: Difference) => [one.path.split("/").at(-1), one.fixed]),
      ).toEqual([["six.py", false]]);
      expect((await verify("--fix")).differences.map((one) => one.fixed)).toEqual([true]);
      expect((await verify()).exitCode).toBe(0);
    },
    MINUTES,
  );

  test(
    "random single-byte changes are all found, and all put back",
    async () => {
      const files = readdirSync(site, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.parentPath.includes("/pip"))
        .map((entry) => `${entry.parentPath}/${entry.name}`)
        // Bytecode that somebody's Python wrote since is nobody's.
        .filter((path) => statSync(path).size > 0 && !/_swcli_|\.opt-\d\.pyc$/.test(path));
      const chosen = files.filter((_, i) => i % 5 !== 4);
      expect(chosen.length).toBeGreaterThan(15);
      const before = chosen.map((path) => readFileSync(path));
      chosen.forEach((path, i) => {
        const bytes = Buffer.from(before[i]!);
        const at = (i * 7919) % bytes.length;
        bytes[at] = (bytes[at]! + 1) % 256;
        writeFileSync(path, bytes);
      });
      const found = await verify();
      expect(found.exitCode).toBe(1);
      expect(found.differences.map(({ path }) => `${prefix}/${path}`).sort()).toEqual([...chosen].sort());
      expect(
        found.differences.find(({ path }) => path.endsWith("/six.py") || path.endsWith("/core.py"))?.distribution,
      ).toMatch(/^(six|idna) \d/);
      const fixed = await verify("--fix");
      expect(fixed.differences.filter((one) => !one.fixed)).toEqual([]);
      expect(await verify()).toEqual({ exitCode: 0, differences: [] });
      const sources = chosen.filter((path) => path.endsWith(".py"));
      for (const path of sources) expect(readFileSync(path).equals(before[chosen.indexOf(path)]!)).toBe(true);
      expect((await home.run(["runtime", "run", "demo", "--", "python", "-c", "import six, idna"])).exitCode).toBe(0);
    },
    2 * MINUTES,
  );

  test(
    "missing files, changed links and additions are repaired too",
    async () => {
      rmSync(`${site}/idna/core.py`);
      writeFileSync(`${site}/planted.py`, "print('hello')\n");
      const { differences } = await verify("--fix");
      const seen = differences.map(({ path, what, fixed }) => [path.split("/").at(-1), what, fixed]);
      expect(seen).toEqual([
        ["core.py", "missing", true],
        ["planted.py", "added", true],
      ]);
      expect((await verify()).differences).toEqual([]);
    },
    MINUTES,
  );

  test(
    "folders, pipes, bytecode without a source and lost permissions are found, and nothing of them is left",
    async () => {
      mkdirSync(`${site}/planted/__pycache__`, { recursive: true });
      writeFileSync(`${site}/planted/__init__.py`, "");
      writeFileSync(`${site}/planted/__pycache__/gone.cpython-311.pyc`, "");
      writeFileSync(`${site}/sourceless.pyc`, "");
      await home.exec(["mkfifo", `${prefix}/pipe`]);
      chmodSync(`${prefix}/bin/pip`, 0o644);
      rmSync(`${prefix}/lib64`, { recursive: true });
      mkdirSync(`${prefix}/lib64/deep`, { recursive: true });
      const { differences } = await verify("--fix");
      const below = (path: string) => path.replace(/^lib\/python3\.11\/site-packages\//, "");
      expect(differences.map(({ path, what, fixed }) => [below(path), what, fixed]).sort()).toEqual([
        ["bin/pip", "changed", true],
        ["lib64", "changed", true],
        ["lib64/deep", "added", true],
        ["pipe", "added", true],
        ["planted", "added", true],
        ["planted/__init__.py", "added", true],
        ["planted/__pycache__", "added", true],
        ["planted/__pycache__/gone.cpython-311.pyc", "added", true],
        ["sourceless.pyc", "added", true],
      ]);
      expect(await verify()).toEqual({ exitCode: 0, differences: [] });
      expect(existsSync(`${site}/planted`)).toBe(false);
      expect((await home.run(["runtime", "run", "demo", "--", "pip", "list"])).stdout).toContain("six");
    },
    MINUTES,
  );

  testWith(needsRoot())(
    "what came and went again is warned of until somebody has looked",
    async () => {
      writeFileSync(`${site}/passing.py`, "");
      rmSync(`${site}/passing.py`);
      const warning = async () => (await home.run(["runtime", "run", "demo", "--", "true"])).stderr;
      expect(await warning()).toContain("changed since it was made");
      expect(await verify()).toEqual({ exitCode: 0, differences: [] });
      expect(await warning()).toBe("");
    },
    MINUTES,
  );

  testWith(needsRoot())(
    "what root installs past the guard is warned of at activation, and undone",
    async () => {
      writeFileSync(`${site}/smuggled.py`, "");
      const ran = await home.run(["runtime", "run", "demo", "--", "echo", "runs"]);
      expect(ran.stdout).toBe("runs\n");
      expect(ran.stderr).toMatch(/changed since it was made \(lib\/python3\.11\/site-packages\).*swcli env verify/);
      const hook = (await home.run(["shell", "init", "bash"])).stdout;
      const file = await home.write("hooked", `${hook}\nswcli runtime activate demo\necho "$VIRTUAL_ENV"\n`);
      const hooked = await home.exec(["bash", "--norc", file]);
      expect(hooked).toMatchObject({ stdout: `${prefix}\n` });
      expect(hooked.stderr).toContain("changed since it was made");
      expect((await home.run(["env", "info", "demo", "-o", "json"])).json.changed).toEqual([site]);
      expect((await verify("--fix")).differences).toHaveLength(1);
      expect((await home.run(["runtime", "run", "demo", "--", "true"])).stderr).toBe("");
      expect((await home.exec(["bash", "--norc", file])).stderr).toBe("");
    },
    MINUTES,
  );
});

test(
  "a private environment is not verified without a word",
  async () => {
    await using home = await tempHome();
    const dir = await home.project({ "runtime.yaml": YAML });
    await home.run(["runtime", "build", "--prepare", "no"], { cwd: dir });
    await home.run(["runtime", "run", "--writable=mine", "demo", "--", "true"]);
    expect((await home.run(["env", "verify", "mine"])).stderr).toContain("mine is a private environment");
  },
  MINUTES,
);
