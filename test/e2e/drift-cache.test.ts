/** What was damaged in the cache of an engine, through the hard links of an environment, gets into no other one for long. */
import { expect, test } from "bun:test";
import { appendFileSync, existsSync, linkSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { servePackages } from "../servers/package-index.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";

const MINUTES = 60_000;
const yamlOf = (name: string, items: string, configs = "{}") =>
  `name: ${name}\nenvironment: { python: "3.11" }\nconfigs: ${configs}\ndependencies:\n${items}\n`;

interface Env {
  prefix: string;
  site: string;
}

/** Builds it and waits until its environment is settled. */
async function make(home: Home, yaml: string, files: Record<string, Uint8Array> = {}, env = {}): Promise<Env> {
  const before = new Set(existsSync(`${home.root}/.envs`) ? readdirSync(`${home.root}/.envs`) : []);
  const dir = await home.project({ "runtime.yaml": yaml, ...files });
  const built = await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir, env });
  if (built.exitCode !== 0) throw new Error(built.stderr);
  const name = readdirSync(`${home.root}/.envs`).find((one) => /-\d+$/.test(one) && !before.has(one));
  return await settled(`${home.root}/.envs/${name}`);
}

async function settled(prefix: string): Promise<Env> {
  for (let tries = 0; tries < 600 && !existsSync(`${prefix}/.swcli/seen/site`); tries++) await Bun.sleep(50);
  return { prefix, site: `${prefix}/lib/python3.11/site-packages` };
}

const ownCache = (home: Home) => ({ UV_CACHE_DIR: `${home.dir}/uv-cache` });

test(
  "another environment with a package whose cached files were changed gets them as the package has them",
  async () => {
    await using home = await tempHome();
    const env = ownCache(home);
    const first = await make(home, yamlOf("one", "  - pip: [six]"), {}, env);
    const good = readFileSync(`${first.site}/six.py`, "utf8");
    appendFileSync(`${first.site}/six.py`, "\nraise SystemExit('damaged')\n");
    const second = await make(home, yamlOf("two", "  - pip: [six, idna]"), {}, env);
    expect(statSync(`${second.site}/six.py`).nlink).toBe(1);
    expect(readFileSync(`${second.site}/six.py`, "utf8")).toBe(good);
    const ran = await home.run(["runtime", "run", "two", "--", "python", "-c", "import six; print('fine')"], { env });
    expect(ran).toMatchObject({ stdout: "fine\n", stderr: "" });
    expect((await home.run(["env", "verify", "two"], { env })).exitCode).toBe(0);
    // The cache is sound again for everybody.
    const cached = [...new Bun.Glob("archive-v0/**/six.py").scanSync(env.UV_CACHE_DIR)];
    for (const path of cached) expect(readFileSync(join(env.UV_CACHE_DIR, path), "utf8")).toBe(good);
  },
  3 * MINUTES,
);

test(
  "without network such an environment is named at each activation and by `env verify`, until it can be put right",
  async () => {
    await using home = await tempHome();
    const env = ownCache(home);
    const first = await make(home, yamlOf("one", "  - pip: [six]"), {}, env);
    // Resolved while there is a network.
    const dir = await home.project({ "runtime.yaml": yamlOf("two", "  - pip: ['six', 'idna==3.7']") });
    expect(await home.run(["runtime", "build", "--prepare", "no"], { cwd: dir, env })).toMatchObject({ exitCode: 0 });
    await make(home, yamlOf("idna", "  - pip: ['idna==3.7']"), {}, env);
    appendFileSync(`${first.site}/six.py`, "\n# damaged\n");
    const offline = { ...env, UV_OFFLINE: "1" };
    expect(await home.run(["runtime", "run", "two", "--", "true"], { env: offline })).toMatchObject({ exitCode: 0 });
    const { json } = await home.run(["env", "info", "two", "-o", "json"], { env });
    await settled(json.prefix);
    const ran = await home.run(["runtime", "run", "two", "--", "true"], { env: offline });
    expect(ran.stderr).toContain("this environment was changed since it was made");
    const named = await home.run(["env", "verify", "two", "-o", "json"], { env: offline });
    expect(named.exitCode).toBe(1);
    expect(named.json.environments[0].differences).toMatchObject([
      { what: "changed", distribution: expect.stringMatching(/^six /) },
    ]);
    expect(await home.run(["env", "verify", "two", "--fix"], { env })).toMatchObject({ exitCode: 0 });
    expect((await home.run(["runtime", "run", "two", "--", "true"], { env })).stderr).toBe("");
  },
  3 * MINUTES,
);

test(
  "a package whose own list of files is wrong is no damage",
  async () => {
    await using home = await tempHome();
    const wheel = await makeWheel(`${home.dir}/w`, { name: "odd", recorded: "wrong" });
    await using index = await servePackages([wheel]);
    const configs = `{ pip: { index_url: "${index.url}" } }`;
    await make(home, yamlOf("demo", "  - pip: [odd]", configs), {}, ownCache(home));
    expect(await home.run(["env", "verify", "demo"])).toMatchObject({ exitCode: 0 });
    const ran = await home.run(["runtime", "run", "demo", "--", "python", "-c", "import odd; print(odd.VERSION)"]);
    expect(ran).toMatchObject({ stdout: "1.0\n", stderr: "" });
  },
  3 * MINUTES,
);

test(
  "files of the runtime may stand in place of a package's, and of two packages with one path either's",
  async () => {
    await using home = await tempHome();
    const wheels = ["first", "second"].map((name) =>
      makeWheel(`${home.dir}/w`, { name, recorded: "right", more: { "tests/__init__.py": `OF = "${name}"\n` } }),
    );
    await using index = await servePackages(await Promise.all(wheels));
    const dest = "lib/python3.11/site-packages/first/__init__.py";
    const items = `  - pip: [first, second]\n  - files: [{ src: own.py, dest: ${dest} }]`;
    const yaml = yamlOf("demo", items, `{ pip: { index_url: "${index.url}" } }`);
    const { site } = await make(home, yaml, { "own.py": Buffer.from("VERSION = 'own'\n") }, ownCache(home));
    expect(readFileSync(`${site}/first/__init__.py`, "utf8")).toBe("VERSION = 'own'\n");
    expect(await home.run(["env", "verify", "demo"])).toMatchObject({ exitCode: 0 });
    expect(await home.run(["runtime", "run", "demo", "--", "true"])).toMatchObject({ stderr: "" });
    // Still the link that uv made: nobody has put another in its place.
    expect(statSync(`${site}/tests/__init__.py`).nlink).toBeGreaterThan(1);
  },
  3 * MINUTES,
);

test(
  "wheels of the package and packages of its own index are put back; without network as far as the bytes are here",
  async () => {
    await using home = await tempHome();
    const env = ownCache(home);
    const own = await makeWheel(`${home.dir}/w`, { name: "ownwheel", recorded: "right" });
    const indexed = await makeWheel(`${home.dir}/w`, { name: "indexed", recorded: "right" });
    await using index = await servePackages([indexed]);
    const configs = `{ pip: { index_url: "${index.url}" } }`;
    const items = `  - pip: [indexed]\n  - wheels: [${basename(own)}]`;
    const files = { [basename(own)]: await Bun.file(own).bytes() };
    const { site } = await make(home, yamlOf("demo", items, configs), files, env);
    const fix = async (more = {}) => {
      const fixed = await home.run(["env", "verify", "demo", "--fix", "-o", "json"], { env: { ...env, ...more } });
      const { differences } = fixed.json.environments[0];
      return differences.map((one: { path: string; fixed: boolean }) => [one.path.split("/").at(-2), one.fixed]);
    };
    // Gone, not changed: then the cache is as it was.
    rmSync(`${site}/indexed/__init__.py`);
    rmSync(`${site}/ownwheel/__init__.py`);
    expect(await fix({ UV_OFFLINE: "1" })).toEqual([
      ["indexed", true],
      ["ownwheel", true],
    ]);
    for (const name of ["indexed", "ownwheel"]) {
      linkSync(`${home.dir}/uv-cache/${cachedAt(home, name)}`, `${site}/${name}/linked`);
      renameSync(`${site}/${name}/linked`, `${site}/${name}/__init__.py`);
      appendFileSync(`${site}/${name}/__init__.py`, "VERSION = 9\n");
    }
    // The wheel itself is a blob of the store.
    expect(await fix({ UV_OFFLINE: "1" })).toEqual([
      ["indexed", false],
      ["ownwheel", true],
    ]);
    expect(await fix()).toEqual([["indexed", true]]);
    expect(readFileSync(`${site}/ownwheel/__init__.py`, "utf8")).toBe('VERSION = "1.0"\n');
  },
  3 * MINUTES,
);

test(
  "a repair that is killed is warned of, closed again and can be repeated",
  async () => {
    await using home = await tempHome();
    const env = ownCache(home);
    const wheel = await makeWheel(`${home.dir}/w`, { name: "indexed", recorded: "right" });
    let delayMs = 0;
    await using index = await servePackages([wheel], {
      get delayMs() {
        return delayMs;
      },
    });
    const configs = `{ pip: { index_url: "${index.url}" } }`;
    const { prefix, site } = await make(home, yamlOf("demo", "  - pip: [indexed]", configs), {}, env);
    appendFileSync(`${site}/indexed/__init__.py`, "VERSION = 9\n");
    delayMs = 30 * MINUTES;
    const alone = { ...env, SW_NO_DAEMON: "1" };
    const fixing = home.spawn(["env", "verify", "demo", "--fix"], { env: alone });
    await fixing.said("Fetching indexed");
    fixing.killGroup("SIGKILL");
    await fixing.exited;
    delayMs = 0;
    const warned = async (more = env) =>
      (await home.run(["runtime", "run", "demo", "--", "true"], { env: more })).stderr;
    expect(await warned(alone)).toContain("repair of this environment has not come to its end");
    // The daemon closes it.
    await warned();
    await settled(prefix);
    expect(statSync(site).mode & 0o222).toBe(0);
    expect(await warned()).toContain("changed since it was made");
    expect(await home.run(["env", "verify", "demo", "--fix"], { env })).toMatchObject({ exitCode: 0 });
    expect(await warned()).toBe("");
    expect(readFileSync(`${site}/indexed/__init__.py`, "utf8")).toBe('VERSION = "1.0"\n');
  },
  3 * MINUTES,
);

const cachedAt = (home: Home, name: string): string =>
  [...new Bun.Glob(`archive-v0/**/${name}/__init__.py`).scanSync(`${home.dir}/uv-cache`)][0] ?? "";
