/** The pip that stands in where a runtime holds none: what people type to a real one is understood or refused by name. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { type Home, tempHome } from "../helpers/home.ts";
import { buildRuntime, MINUTES } from "./activated.ts";

let home: Home;
beforeAll(async () => {
  home = await tempHome();
  await buildRuntime(home, "bare", { six: "1.16.0" });
}, 2 * MINUTES);
afterAll(async () => await home[Symbol.asyncDispose]());

const pip = async (...words: string[]) => await home.run(["runtime", "run", "bare", "--", "pip", ...words]);
const mine = async (...words: string[]) =>
  await home.run(["runtime", "run", "--writable=mine", "bare", "--", "pip", ...words]);

test("pip alone and its help say what it can do", async () => {
  for (const words of [[], ["--help"], ["help"], ["-h"]]) {
    const ran = await pip(...words);
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    for (const word of ["list", "freeze", "install", "--writable", "runtime's requirements"])
      expect(ran.stdout).toContain(word);
  }
  expect((await pip("install", "--help")).stdout).toContain("--requirement");
  expect((await pip("help", "list")).stdout).toContain("--outdated");
});

test("its version is in the form that programs read", async () => {
  for (const word of ["--version", "-V"]) {
    const [, version, place, python] =
      /^pip (\S+) from (.+) \(python (\d+\.\d+)\)$/.exec((await pip(word)).stdout.trim()) ?? [];
    expect([version, python]).toEqual(["0+swcli", "3.11"]);
    expect(existsSync(`${place}/__main__.py`)).toBe(true);
  }
});

test("an unknown command names those that there are, and the help that there is", async () => {
  const ran = await pip("download", "six");
  expect(ran.exitCode).toBe(2);
  expect(ran.stderr).toContain("list, show, freeze, check, install, uninstall");
  expect(ran.stderr).toContain("`pip --help`");
});

test(
  "options that say how pip should behave do no harm",
  async () => {
    for (const words of [
      ["--timeout", "30", "list"],
      ["--trusted-host", "localhost", "--retries", "1", "list", "--local"],
      ["--no-color", "--no-python-version-warning", "list", "--format", "freeze"],
      ["freeze", "--all"],
    ]) {
      const ran = await pip(...words);
      expect([words, ran.exitCode]).toEqual([words, 0]);
      expect(ran.stdout).toMatch(/six(==|\s+)1\.16\.0/);
    }
    const quiet = ["--progress-bar", "off", "--root-user-action", "ignore", "--no-warn-script-location"];
    expect(await mine("install", ...quiet, "--ignore-installed", "six==1.17.0")).toMatchObject({ exitCode: 0 });
    expect((await mine("freeze")).stdout).toBe("six==1.17.0\n");
    expect((await pip("freeze")).stdout).toBe("six==1.16.0\n");
  },
  MINUTES,
);

test(
  "newer versions are listed as by a real pip",
  async () => {
    for (const word of ["-o", "--outdated"])
      expect((await pip("list", word)).stdout).toMatch(/six\s+1\.16\.0\s+1\.\d+/);
  },
  MINUTES,
);

test("what only a real pip can do is refused by its name, before anything is done", async () => {
  for (const words of [
    ["install", "--user", "idna"],
    ["list", "--not-required"],
    ["list", "-u"],
  ]) {
    const ran = await mine(...words);
    expect([words, ran.exitCode, ran.stdout]).toEqual([words, 2, ""]);
    expect(ran.stderr).toMatch(/--user|--not-required|--uptodate/);
    expect(ran.stderr).not.toContain("uv pip");
  }
});
