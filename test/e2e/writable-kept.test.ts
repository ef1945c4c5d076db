/** What was installed into a writable environment is nowhere else: it is never made anew unless somebody says so. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { buildRuntime, MINUTES } from "./activated.ts";

bothModes((mode) => {
  let home: Home;
  let prefix: string;
  beforeAll(async () => {
    home = await tempHome({ mode });
    await buildRuntime(home, "demo");
    await buildRuntime(home, "other", { prepare: "no" });
    prefix = `${home.root}/.envs/writable/mine`;
    if ((await mine("pip", "install", "-q", "idna")).exitCode !== 0) throw new Error("nothing is installed");
  }, 2 * MINUTES);
  afterAll(async () => await home[Symbol.asyncDispose]());

  const mine = async (...words: string[]) =>
    await home.run(["runtime", "run", "--writable=mine", "demo", "--", ...words]);
  const anew = async (env: Record<string, string> = {}) =>
    await home.run(["runtime", "activate", "-f", "--writable=mine", "demo"], {
      stdin: "python -c 'import six; print(six.__name__)'\n",
      env: { SHELL: "/bin/sh", ...env },
    });
  const listed = async () =>
    (await home.run(["env", "list", "-o", "json"])).json.map((row: { name: string }) => row.name);
  const hasIdna = () => existsSync(`${prefix}/lib/python3.11/site-packages/idna/__init__.py`);

  /** Its link leads nowhere, as that to an interpreter on a disk that is away. */
  const takePython = (): (() => void) => {
    const target = readlinkSync(`${prefix}/bin/python`);
    rmSync(`${prefix}/bin/python`);
    symlinkSync("/nowhere/python3.11", `${prefix}/bin/python`);
    return () => {
      rmSync(`${prefix}/bin/python`);
      symlinkSync(target, `${prefix}/bin/python`);
    };
  };

  test(
    "while its Python is away it is listed and kept, and who wants it is told why and what to do",
    async () => {
      const bringBack = takePython();
      const refused = await mine("python", "-c", "import idna");
      expect([refused.exitCode, refused.stderr]).toEqual([125, expect.stringContaining("/nowhere/python3.11")]);
      expect(refused.stderr).toContain("activate -f --writable=mine local/project/self/runtime/demo");
      expect(await listed()).toContain("mine");
      await home.run(["env", "prune"]);
      expect(hasIdna()).toBe(true);
      bringBack();
      expect((await mine("python", "-c", "import idna")).exitCode).toBe(0);
    },
    MINUTES,
  );

  const spoilt: [string, (record: string) => void][] = [
    ["that can't be read", (record) => writeFileSync(record, "{ garbage")],
    ["that is gone", (record) => rmSync(record)],
  ];
  test.each(spoilt)(
    "with a record %s it is listed and kept",
    async (_, spoil) => {
      const record = `${prefix}.json`;
      const text = readFileSync(record, "utf8");
      spoil(record);
      const refused = await mine("true");
      expect([refused.exitCode, refused.stderr]).toEqual([125, expect.stringContaining("(STORE_DAMAGED)")]);
      expect(await listed()).toContain("mine");
      await home.run(["env", "prune"]);
      await home.run(["gc", "--yes"]);
      expect(hasIdna()).toBe(true);
      writeFileSync(record, text);
      expect((await mine("python", "-c", "import idna")).exitCode).toBe(0);
    },
    MINUTES,
  );

  test(
    "`activate -f` that can't make it anew, finds somebody in it, or is about another runtime, leaves it as it was",
    async () => {
      const bringBack = takePython();
      expect((await anew({ SWCLI_UV: "/bin/false" })).exitCode).not.toBe(0);
      bringBack();
      expect((await mine("python", "-c", "import idna")).exitCode).toBe(0);
      const user = home.spawn(["runtime", "run", "--writable=mine", "demo", "--", "sh", "-c", "echo up; sleep 60"]);
      await user.said("up");
      const refused = await anew();
      expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining(String(user.pid))]);
      user.killGroup("SIGKILL");
      await user.exited;
      const others = await home.run(["runtime", "activate", "-f", "--writable=mine", "other"]);
      expect([others.exitCode, others.stderr]).toEqual([4, expect.stringContaining("(EXISTS)")]);
      expect(hasIdna()).toBe(true);
    },
    MINUTES,
  );

  test(
    "`activate -f` makes it anew, also without its Python, and `env remove` removes it so",
    async () => {
      takePython();
      expect(await anew()).toMatchObject({ exitCode: 0, stdout: "six\n" });
      expect([hasIdna(), existsSync(`${prefix}.old`)]).toEqual([false, false]);
      takePython();
      expect((await home.run(["env", "remove", "mine"])).exitCode).toBe(0);
      expect([existsSync(prefix), existsSync(`${prefix}.json`)]).toEqual([false, false]);
    },
    MINUTES,
  );

  test(
    "one whose folder has gone is made anew without a word: there is nothing to lose",
    async () => {
      await mine("true");
      renameSync(prefix, `${home.dir}/away`);
      expect(await mine("python", "-c", "import six")).toMatchObject({ exitCode: 0 });
    },
    MINUTES,
  );
});
