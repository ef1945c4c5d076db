/** Indexes of one's own: several, with a password, broken, lying; and what of them gets into a package. */
import { expect, test } from "bun:test";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { type PackageIndexOptions, servePackages } from "../servers/package-index.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";

const MINUTES = 60_000;
const BUILD = ["runtime", "build", "--prepare", "wait"];

/** The yaml of a runtime `demo` with one package and these `configs.pip`. */
const yamlOf = (pip: Record<string, unknown>, packages = ["revpkg"]) =>
  `name: demo\nenvironment: {python: 3.11}\nconfigs: {pip: ${JSON.stringify(pip)}}\ndependencies:\n  - pip: ${JSON.stringify(packages)}\n`;

/** Nothing from this machine's indexes, and a cache of uv's own so that every file is fetched. */
const OWN = { PIP_INDEX_URL: undefined, PIP_EXTRA_INDEX_URL: undefined, PIP_FIND_LINKS: undefined };

async function indexHome(mode?: Home["mode"]) {
  const home = await tempHome({ mode, env: OWN });
  const wheel = async (name: string, version: string, requires: string[] = []) =>
    await makeWheel(join(home.dir, "wheels"), { name, version, requires });
  const serve = async (wheels: string[], options?: PackageIndexOptions) => await servePackages(wheels, options);
  const env = { UV_CACHE_DIR: `${home.dir}/uv-cache` };
  return { home, env, wheel, serve };
}

async function filesWith(dir: string, text: string): Promise<string[]> {
  const names = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(files.map(async (file) => (await Bun.file(file).text()).includes(text)));
  return files.filter((_, at) => texts[at]);
}

bothModes((mode) => {
  test(
    "of several indexes the best version counts, unless the user says that the first index does",
    async () => {
      const { home, env, wheel, serve } = await indexHome(mode);
      await using _home = home;
      await using low = await serve([await wheel("revpkg", "1.0")]);
      await using high = await serve([await wheel("revpkg", "2.0")], { json: true });
      await using other = await serve([await wheel("revdep", "3.0")]);
      const pip = { index_url: low.url, extra_index_url: [high.url, other.url], trusted_host: "127.0.0.1" };
      const dir = await home.project({ "runtime.yaml": yamlOf(pip, ["revpkg", "revdep"]) });
      expect(await home.run(BUILD, { cwd: dir, env })).toMatchObject({ exitCode: 0 });
      const ran = await home.run(["runtime", "run", "demo", "python", "-c", "import revpkg; print(revpkg.VERSION)"]);
      expect(ran.stdout).toBe("2.0\n");
      const one = yamlOf({ index_url: low.url, extra_index_url: other.url }, ["revpkg", "revdep"]);
      await home.write(`${dir}/runtime.yaml`, one);
      await home.run(BUILD, {
        cwd: dir,
        env: { ...env, UV_INDEX_STRATEGY: "first-index", PIP_EXTRA_INDEX_URL: high.url },
      });
      const lock = await home.run(["runtime", "info", "demo", "-of", "lock"]);
      expect(lock.stdout).toContain("revdep==3.0");
    },
    2 * MINUTES,
  );

  test(
    "a password in PIP_INDEX_URL, pip.conf or netrc opens the index and gets nowhere else",
    async () => {
      const { home, env, wheel, serve } = await indexHome(mode);
      await using _home = home;
      const login = { user: "me", password: "s3cretpw" };
      await using index = await serve([await wheel("revpkg", "1.0")], login);
      const dir = await home.project({ "runtime.yaml": yamlOf({}) });
      const withUrl = { ...env, PIP_INDEX_URL: index.urlFor("me", "s3cretpw") };
      expect(await home.run([...BUILD, "-v"].slice(0, 4), { cwd: dir, env: withUrl })).toMatchObject({ exitCode: 0 });
      await home.write(".config/pip/pip.conf", `[global]\nindex-url = ${withUrl.PIP_INDEX_URL}\n`, 0o600);
      const fromFile = await home.run([...BUILD, "-nc"], { cwd: dir, env: { UV_CACHE_DIR: `${home.dir}/uv-2` } });
      expect(fromFile).toMatchObject({ exitCode: 0 });
      await rm(`${home.dir}/.config/pip/pip.conf`);
      await home.write(".netrc", "machine 127.0.0.1 login me password s3cretpw\n", 0o600);
      await home.write(`${dir}/runtime.yaml`, yamlOf({ index_url: index.url }));
      const fromNetrc = await home.run([...BUILD, "-nc"], { cwd: dir, env: { UV_CACHE_DIR: `${home.dir}/uv-3` } });
      expect(fromNetrc).toMatchObject({ exitCode: 0 });
      expect(fromFile.stderr + fromNetrc.stderr).not.toContain("s3cretpw");
      expect(await filesWith(home.root, "s3cretpw")).toEqual([]);
      expect(await filesWith(home.runDir, "s3cretpw")).toEqual([]);
    },
    2 * MINUTES,
  );

  test(
    "a variable in configs.pip stays one in the package and is filled at the first activation",
    async () => {
      const { home, env, wheel, serve } = await indexHome(mode);
      await using _home = home;
      await using index = await serve([await wheel("revpkg", "1.0")], { user: "me", password: "s3cretpw" });
      const dir = await home.project({ "runtime.yaml": yamlOf({ index_url: index.urlFor("me", "$" + "{REV_PW}") }) });
      const built = await home.run(BUILD, { cwd: dir, env: { ...env, REV_PW: "s3cretpw" } });
      expect(built).toMatchObject({ exitCode: 0 });
      expect(built.stderr).not.toContain("password");
      const info = await home.run(["runtime", "info", "demo", "-of", "runtime_yaml"]);
      expect(info.stdout).toContain("me:$" + "{REV_PW}@");
    },
    2 * MINUTES,
  );

  test(
    "an index that refuses the login at the first activation: what to do is said, no half-made environment stays",
    async () => {
      const { home, env, wheel, serve } = await indexHome(mode);
      await using _home = home;
      await using index = await serve([await wheel("revpkg", "1.0")], { user: "me", password: "s3cretpw" });
      const dir = await home.project({ "runtime.yaml": yamlOf({}) });
      const built = await home.run(["runtime", "build", "--prepare", "no"], {
        cwd: dir,
        env: { ...env, PIP_INDEX_URL: index.urlFor("me", "s3cretpw") },
      });
      expect(built).toMatchObject({ exitCode: 0 });
      const again = { ...env, UV_CACHE_DIR: `${home.dir}/uv-2`, PIP_INDEX_URL: index.url };
      const ran = await home.run(["runtime", "run", "demo", "true"], { env: again });
      expect(ran.exitCode).toBe(125);
      expect(ran.stderr).toContain("it may want a login (~/.netrc");
      expect(await readdir(`${home.root}/.envs`)).toEqual([]);
    },
    2 * MINUTES,
  );

  test(
    "the variables that take the place of an index's passwords are named when they are missing, and restore when set",
    async () => {
      const { home, env, wheel, serve } = await indexHome(mode);
      await using _home = home;
      const login = { user: "me", password: "s3cretpw" };
      await using first = await serve([await wheel("revpkg", "1.0")], login);
      await using second = await serve([await wheel("revdep", "1.0")], login);
      const dir = await home.project({ "runtime.yaml": yamlOf({}, ["revpkg", "revdep"]) });
      const indexes = {
        PIP_INDEX_URL: first.urlFor("me", "s3cretpw"),
        PIP_EXTRA_INDEX_URL: second.urlFor("me", "s3cretpw"),
      };
      const emit = ["runtime", "build", "--prepare", "no", "-epo"];
      const built = await home.run(emit, { cwd: dir, env: { ...env, ...indexes } });
      expect(built).toMatchObject({ exitCode: 0 });
      const names = ["SW_PIP_INDEX_AUTH", "SW_PIP_EXTRA_INDEX_AUTH_1"];
      for (const name of names) expect(built.stderr).toContain(`set ${name}=user:password`);
      const again = { ...env, UV_CACHE_DIR: `${home.dir}/uv-2` };
      const ask = ["runtime", "run", "demo", "true"];
      const missing = await home.run(ask, { env: again });
      expect(missing.exitCode).toBe(125);
      expect(missing.stderr).toContain(`${names.join(" and ")} are not set`);
      const set = { SW_PIP_INDEX_AUTH: "me:s3cretpw", SW_PIP_EXTRA_INDEX_AUTH_1: "me:s3cretpw" };
      expect(await home.run(ask, { env: { ...again, ...set } })).toMatchObject({ exitCode: 0 });
    },
    2 * MINUTES,
  );
});

const BROKEN: [string, PackageIndexOptions, RegExp, string][] = [
  ["answers 500", { broken: "error" }, /can't get revpkg from 127\.0\.0\.1:\d+: .*500/, "LOCK_FAILED"],
  ["is a hotel's welcome page", { broken: "html" }, /no versions of revpkg/, "LOCK_UNSOLVABLE"],
  ["never answers in time", { delayMs: 4000 }, /can't get revpkg from .*timed out/, "LOCK_FAILED"],
];
for (const [what, options, message, code] of BROKEN) {
  test(
    `an index that ${what} is one error with the line of the yaml, and nothing is kept`,
    async () => {
      const { home, env, wheel, serve } = await indexHome();
      await using _home = home;
      await using index = await serve([await wheel("revpkg", "1.0")], options);
      const dir = await home.project({ "runtime.yaml": yamlOf({ index_url: index.url }) });
      const fast = { ...env, UV_HTTP_TIMEOUT: "1", UV_HTTP_RETRIES: "0" };
      const failed = await home.run(BUILD, { cwd: dir, env: fast });
      expect(failed).toMatchObject({ exitCode: 1, stdout: "" });
      expect(failed.stderr).toMatch(message);
      expect(failed.stderr).toContain("runtime.yaml:5:");
      expect(failed.stderr).toContain(`(${code})`);
      expect((await home.run(["runtime", "list", "-o", "json"])).json).toEqual([]);
    },
    MINUTES,
  );
}

for (const broken of ["cut", "corrupt"] as const) {
  test(
    `a file of the index that is ${broken} never becomes an environment, and the next try works`,
    async () => {
      const { home, env, wheel, serve } = await indexHome();
      await using _home = home;
      const file = await wheel("revpkg", "1.0");
      await using bad = await serve([file], { broken });
      await using good = await serve([file]);
      const dir = await home.project({ "runtime.yaml": yamlOf({}) });
      const build = ["runtime", "build", "--prepare", "no"];
      expect(await home.run(build, { cwd: dir, env: { ...env, PIP_INDEX_URL: good.url } })).toMatchObject({
        exitCode: 0,
      });
      const run = ["runtime", "run", "demo", "python", "-c", "import revpkg"];
      const failed = await home.run(run, { env: { UV_CACHE_DIR: `${home.dir}/uv-2`, PIP_INDEX_URL: bad.url } });
      expect(failed.exitCode).toBe(125);
      expect(failed.stderr).toContain("(ENV_BUILD_FAILED)");
      expect(await readdir(`${home.root}/.envs`)).toEqual([]);
      const again = await home.run(run, { env: { UV_CACHE_DIR: `${home.dir}/uv-3`, PIP_INDEX_URL: good.url } });
      expect(again).toMatchObject({ exitCode: 0 });
    },
    2 * MINUTES,
  );
}

test(
  "the password of a slow index is in no process's command line while uv waits for it",
  async () => {
    const { home, env, wheel, serve } = await indexHome();
    await using _home = home;
    await using index = await serve([await wheel("revpkg", "1.0")], {
      user: "me",
      password: "s3cretpw",
      delayMs: 1500,
    });
    const dir = await home.project({ "runtime.yaml": yamlOf({}) });
    const build = home.spawn(BUILD, { cwd: dir, env: { ...env, PIP_INDEX_URL: index.urlFor("me", "s3cretpw") } });
    while (index.asked.length === 0) await Bun.sleep(10);
    const list = await home.exec(["ps", "axww", "-o", "args"]);
    expect(list.stdout).toContain("uv lock");
    expect(list.stdout).not.toContain("s3cretpw");
    expect((await build.result()).exitCode).toBe(0);
  },
  2 * MINUTES,
);
