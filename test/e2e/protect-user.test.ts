/**
 * The guard as an ordinary user meets it (test/e2e/protect.test.ts: as whoever runs the tests, mostly root). Who
 * made the environment, the daemon or a command, is no matter here.
 */
import { afterAll, beforeAll, expect } from "bun:test";
import { testWith } from "../helpers/needs.ts";
import { needsUser, type UserHome, userHome } from "../helpers/user.ts";
import { MINUTES } from "./activated.ts";

const it = testWith(...needsUser);
const LINE = /^error: this environment is shared and does not change; .*swcli runtime activate --writable \S+\n$/;

const PIPS = [["pip"], ["pip3"], ["pip3.11"], ["python", "-m", "pip"]];
const CHANGES = [
  ["install", "idna"],
  ["install", "--upgrade", "six"],
  ["install", "--user", "idna"],
  ["uninstall", "-y", "six"],
];
const RUNTIMES = [
  ["bare", "six"],
  ["withpip", "six, pip"],
] as const;

let user: UserHome;
beforeAll(async () => {
  if (needsUser.some((need) => need !== undefined)) return;
  user = await userHome();
  for (const [name, packages] of RUNTIMES) {
    const yaml = `name: ${name}\nenvironment:\n  python: 3.11\ndependencies:\n  - pip: [${packages}]\n`;
    const cwd = await user.home.project({ "runtime.yaml": yaml });
    await user.own();
    const built = await user.run(["runtime", "build", "--prepare", "wait"], { cwd });
    if (built.exitCode !== 0) throw new Error(built.stderr);
  }
}, 3 * MINUTES);
afterAll(async () => await user?.[Symbol.asyncDispose]());

const run = async (name: string, ...words: string[]) => await user.run(["runtime", "run", name, "--", ...words]);

for (const [name] of RUNTIMES) {
  for (const change of CHANGES) {
    it(
      `${name}: \`${change.join(" ")}\` by any name of pip changes nothing and says how to get a writable one`,
      async () => {
        const before = (await run(name, "pip", "freeze")).stdout;
        expect(before).toContain("six==1.");
        for (const pip of PIPS) {
          const ran = await run(name, ...pip, ...change);
          expect([pip, ran.exitCode, ran.stdout]).toEqual([pip, 1, ""]);
          expect(ran.stderr).toMatch(LINE);
        }
        expect((await run(name, "pip", "freeze")).stdout).toBe(before);
      },
      MINUTES,
    );
  }

  it(
    `${name}: pip lists, shows, freezes and checks by any name`,
    async () => {
      for (const pip of PIPS) {
        expect((await run(name, ...pip, "list")).stdout).toMatch(/six\s+1\.\d/);
        expect((await run(name, ...pip, "show", "six")).stdout).toContain("Name: six");
        expect((await run(name, ...pip, "freeze")).stdout).toContain("six==1.");
        expect((await run(name, ...pip, "check")).exitCode).toBe(0);
      }
    },
    MINUTES,
  );
}

it(
  "what gets past pip is stopped by the folders, which only root can write",
  async () => {
    const write = 'echo x >"$VIRTUAL_ENV/lib/python3.11/site-packages/planted.py"';
    // Settled in the background: the last step takes the right to write away.
    const isClosed = async () =>
      (await run("bare", "sh", "-c", 'test ! -w "$VIRTUAL_ENV/lib/python3.11/site-packages"')).exitCode === 0;
    for (let tries = 0; tries < 100 && !(await isClosed()); tries++) await Bun.sleep(100);
    const ran = await run("bare", "sh", "-c", write);
    expect(ran.exitCode).not.toBe(0);
    expect(ran.stderr).toContain("Permission denied");
  },
  MINUTES,
);

it(
  "in a writable one pip installs, upgrades and uninstalls, and the shared one stays",
  async () => {
    for (const [name] of RUNTIMES) {
      const mine = async (...words: string[]) =>
        await user.run(["runtime", "run", `--writable=mine-${name}`, name, "--", ...words]);
      expect((await mine("pip", "install", "idna==3.6")).exitCode).toBe(0);
      expect((await mine("pip3", "install", "--upgrade", "idna")).exitCode).toBe(0);
      const version = (await mine("python", "-c", "import idna; print(idna.__version__)")).stdout;
      expect(version).toMatch(/^3\.\d+\n$/);
      expect(version).not.toBe("3.6\n");
      expect((await mine("python", "-m", "pip", "uninstall", "-y", "idna", "six")).exitCode).toBe(0);
      expect((await mine("python", "-c", "import six")).exitCode).toBe(1);
      expect((await run(name, "python", "-c", "import six")).exitCode).toBe(0);
      expect((await run(name, "python", "-c", "import idna")).exitCode).toBe(1);
    }
  },
  2 * MINUTES,
);
