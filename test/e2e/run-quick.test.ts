/** A warm `run` asks nobody: it looks for itself whether all is as it was, and asks when anything is not. */
import { afterAll, beforeAll, expect } from "bun:test";
import { existsSync, statSync, utimesSync } from "node:fs";
import { chmod, mkdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { setFileTime } from "#core/platform/libc.ts";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";

const test = testWith(needsLinux());
const YAML = "name: demo\nenvironment:\n  python: 3.11\ndependencies:\n  - pip:\n      - six\n";
const MINUTES = 60_000;

const WHERE = ["sh", "-c", "echo $VIRTUAL_ENV $SW_ACTIVATED_RUNTIME_URI_IN_SHELL; command -v python"];

let home: Home;
let prefix = "";
let uri = "";

const entryOf = (name: string) => `${home.root}/.store/v1/activation/by-uri/${name}/@/on5`;
const isRunning = async () => (await home.run(["daemon", "status"])).exitCode === 0;

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (await holds()) return;
    await Bun.sleep(100);
  }
  throw new Error(`in vain waited for: ${what}`);
}

/** Runs it with no daemon there, and says whether one was needed. */
async function runAlone(name: string, argv = WHERE) {
  await home.run(["daemon", "stop"]);
  await until(async () => !(await isRunning()), "the daemon's end");
  const ran = await home.run(["runtime", "run", name, "--", ...argv]);
  return { stdout: ran.stdout, stderr: ran.stderr, exitCode: ran.exitCode, asked: await isRunning() };
}

/** Runs it until a further run asks nobody. */
async function warm(name: string): Promise<void> {
  await rm(entryOf(name), { force: true });
  // One that tried a moment ago waits before it tries again.
  await home.run(["daemon", "stop"]);
  await until(async () => {
    await home.run(["runtime", "run", name, "true"]);
    return existsSync(entryOf(name));
  }, `an entry of ${name}`);
}

async function build(yaml: string): Promise<void> {
  const dir = await home.project({ "runtime.yaml": yaml });
  const built = await home.run(["runtime", "build", "--prepare", "wait", "-o", "json"], { cwd: dir });
  if (built.exitCode !== 0) throw new Error(built.stderr);
  uri = built.json.uri;
}

beforeAll(async () => {
  home = await tempHome({ mode: "daemon" });
  await build(YAML);
  prefix = (await home.run(["runtime", "run", "demo", "sh", "-c", "printf %s $VIRTUAL_ENV"])).stdout;
  await until(() => existsSync(`${prefix}/.swcli/seen/site`), "the settled environment");
}, 2 * MINUTES);
afterAll(async () => await home[Symbol.asyncDispose]());

const IN = () => `${prefix} ${uri}\n${prefix}/bin/python\n`;

test(
  "an unchanged runtime runs with no daemon, with the same environment, by each way to name it",
  async () => {
    for (const name of ["demo", "demo/v0", "local/project/self/runtime/demo", uri]) {
      await warm(name);
      expect(await runAlone(name)).toEqual({ stdout: IN(), stderr: "", exitCode: 0, asked: false });
    }
  },
  MINUTES,
);

test(
  "its use is noted, so nobody removes the environment as unused",
  async () => {
    await warm("demo");
    const used = `${prefix.replace(/-1$/, "")}.used`;
    utimesSync(used, 1, 1);
    expect((await runAlone("demo")).asked).toBe(false);
    expect(statSync(used).mtimeMs).toBeGreaterThan(Date.now() - MINUTES);
  },
  MINUTES,
);

test(
  "a config that is another than the one that was seen is asked about, and then known",
  async () => {
    await warm("demo");
    await home.run(["project", "create", "side"]);
    await home.run(["project", "select", "side"]);
    expect(await runAlone("demo")).toMatchObject({ exitCode: 125, asked: true });
    await home.run(["project", "select", "self"]);
    await warm("demo");
    expect(await runAlone("demo")).toMatchObject({ stdout: IN(), asked: false });
  },
  MINUTES,
);

const SITE = "lib/python3.11/site-packages";
const live = () => `${home.root}/.store/v1/activation/live/${prefix.slice(prefix.lastIndexOf("/") + 1)}`;
const marker = () => `${prefix.replace(/-1$/, "")}.json`;

/** Something in the environment whose time changes; taken back to the nanosecond. */
const touching = (path: string, change: () => Promise<unknown>, undo: () => Promise<unknown> = async () => {}) => ({
  path,
  change,
  undo,
});
const renaming = (path: () => string) => ({
  path: ".",
  change: async () => await rename(path(), `${path()}.away`),
  undo: async () => await rename(`${path()}.away`, path()),
});

const CHANGES: Record<string, ReturnType<typeof touching> & { stderr?: string }> = {
  "another base interpreter": {
    ...touching(".swcli/seen/python", async () => await utimes(`${prefix}/.swcli/seen/python`, 5, 5)),
    stderr: "was changed since it was made (bin/python)",
  },
  "a program that was put beside python": {
    ...touching(
      "bin",
      async () => {
        await chmod(`${prefix}/bin`, 0o755);
        await writeFile(`${prefix}/bin/new`, "");
      },
      async () => await rm(`${prefix}/bin/new`),
    ),
    stderr: "was changed since it was made (bin)",
  },
  "a package that was put into it": {
    ...touching(
      SITE,
      async () => {
        await chmod(`${prefix}/${SITE}`, 0o755);
        await mkdir(`${prefix}/${SITE}/odd`);
      },
      async () => await rm(`${prefix}/${SITE}/odd`, { recursive: true }),
    ),
    stderr: `was changed since it was made (${SITE})`,
  },
  "a package of the Python client's under its name": touching(
    ".",
    async () => await mkdir(`${home.root}/self/runtime/demo`, { recursive: true }),
    async () => await rm(`${home.root}/self`, { recursive: true }),
  ),
  "that the environment is being removed": renaming(live),
  "a pyvenv.cfg that is gone": renaming(() => `${prefix}/pyvenv.cfg`),
  "a marker that is gone": renaming(marker),
};

test(
  "a tag, a removal and a new version are noticed",
  async () => {
    const before = uri;
    await warm("demo");
    await warm("demo/v0");
    await build(YAML.replace("six", "six==1.16.0"));
    expect((await runAlone("demo")).stdout).toContain(uri);
    expect(uri).not.toBe(before);
    expect((await runAlone("demo/v0")).stdout).toContain(before);
    await warm("demo");
    await home.run(["runtime", "remove", "demo"]);
    expect(await runAlone("demo")).toMatchObject({ exitCode: 125, asked: true });
    await home.run(["runtime", "recover", "demo"]);
    await home.run(["runtime", "remove", "-f", "-y", uri]);
    uri = before;
    await warm("demo");
    expect(await runAlone("demo")).toMatchObject({ stdout: IN(), asked: false });
  },
  2 * MINUTES,
);

for (const [what, { path, change, undo, stderr }] of Object.entries(CHANGES)) {
  test(
    `${what} is noticed`,
    async () => {
      await warm("demo");
      const { mtimeNs } = statSync(`${prefix}/${path}`, { bigint: true });
      await change();
      const ran = await runAlone("demo");
      await undo();
      setFileTime(`${prefix}/${path}`, mtimeNs);
      expect(ran).toMatchObject({ exitCode: 0, asked: true });
      expect(ran.stderr).toContain(stderr ?? "");
    },
    MINUTES,
  );
}
