/** `cd` in nushell into a folder that names a runtime: as cd.test.ts for the shells that source what we render. */
import { afterAll, beforeAll, expect } from "bun:test";
import { mkdir, realpath, symlink } from "node:fs/promises";
import { type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { buildRuntime, MINUTES } from "./activated.ts";
import { openTmux } from "./tmux.ts";

const it = testWith(needsProgram("nu"));
const itInTmux = testWith(needsProgram("nu"), needsProgram("tmux"));

let home: Home;
let project = "";
beforeAll(async () => {
  home = await tempHome();
  await buildRuntime(home, "demo");
  project = `${await realpath(home.dir)}/my 'odd' [proj]`;
  await mkdir(`${project}/deep/er`, { recursive: true });
  await home.write(`${project}/.swrt-runtime`, "demo\n");
}, 2 * MINUTES);
afterAll(async () => await home[Symbol.asyncDispose]());

const hookText = async () => (await home.run(["shell", "init", "nu", "--cd"])).stdout;

/** After each line what nushell does at a prompt when the folder has changed. */
async function nu(lines: string[], hook?: string) {
  const body = lines.map(
    (line) =>
      `${line.replaceAll("PROJECT", JSON.stringify(project))}; _swrt_cd; print $"[($env.VIRTUAL_ENV_PROMPT? | default '')]"`,
  );
  const file = await home.write("cd.nu", `${hook ?? (await hookText())}\ncd /\n${body.join("\n")}\n`);
  return await home.exec(["nu", "--no-config-file", file], { env: { VIRTUAL_ENV_PROMPT: undefined } });
}

it("nothing is entered before it is allowed, and it is said how", async () => {
  expect(await nu(["cd PROJECT"])).toMatchObject({
    stdout: "[]\n",
    stderr: `swcli: ${project}/.swrt-runtime is not allowed yet; to enter its runtime here: swcli runtime allow\n`,
  });
});

it("allowed, it is entered, kept below, and left with the folder", async () => {
  const allowed = await nu(["cd PROJECT", "swcli runtime allow", "cd deep/er", "cd /"]);
  expect(allowed.stdout).toBe(`[]\n${project}/.swrt-runtime may now enter demo on cd\n[demo]\n[demo]\n[]\n`);
  expect(await nu(["cd PROJECT; cd deep", "cd .."])).toMatchObject({ stdout: "[demo]\n[demo]\n", stderr: "" });
});

it("unchanged it starts no process, other content is not allowed", async () => {
  await nu(["cd PROJECT"]);
  const nobody = (await hookText())
    .replaceAll(JSON.stringify(SWCLI_BIN), '"/nowhere"')
    .replace('"swcli"', '"/nowhere"');
  expect(await nu(["cd PROJECT; cd deep", "cd /"], nobody)).toMatchObject({ stdout: "[demo]\n[]\n", stderr: "" });
  await home.write(`${project}/.swrt-runtime`, "demo/version/v0\n");
  expect((await nu(["cd PROJECT"])).stdout).toBe("[]\n");
  await home.write(`${project}/.swrt-runtime`, "demo\n");
  expect((await nu(["cd PROJECT"])).stdout).toBe("[demo]\n");
});

it("who allows what the file has become is in that at once, and out of it who disallows it", async () => {
  await buildRuntime(home, "second");
  const dir = await realpath(await home.project({ ".swrt-runtime": "demo\n" }));
  await home.run(["runtime", "allow", dir]);
  const write = '"second" | save --force .swrt-runtime; swcli runtime allow | ignore';
  const ran = await nu([`cd ${dir}`, write, "swcli runtime allow --remove | ignore"]);
  expect(ran.stdout.split("\n").filter((line) => line.startsWith("["))).toEqual(["[demo]", "[second]", "[]"]);
});

it("what somebody activated or left by hand stays so", async () => {
  const by = await nu(["swcli runtime activate demo/v0", "cd PROJECT", "cd /", "swcli deactivate"]);
  expect(by.stdout).toBe("[demo]\n[demo]\n[demo]\n[]\n");
  const left = await nu(["cd PROJECT", "swcli deactivate", "cd PROJECT; cd deep", "cd /", "cd PROJECT"]);
  expect(left.stdout).toBe("[demo]\n[]\n[]\n[]\n[demo]\n");
});

it("what somebody activated by hand in the folder is not left with it", async () => {
  const switched = await nu(["cd PROJECT", "swcli runtime activate demo/v0", "cd /", "swcli deactivate"]);
  expect(switched).toMatchObject({ stdout: "[demo]\n[demo]\n[demo]\n[]\n", stderr: "" });
  const anew = await nu(["cd PROJECT", "swcli deactivate; swcli runtime activate demo", "cd /", "swcli deactivate"]);
  expect(anew).toMatchObject({ stdout: "[demo]\n[demo]\n[demo]\n[]\n", stderr: "" });
});

it("a folder that was reached through a link is allowed as the shell spells it, also from below", async () => {
  const link = `${await realpath(home.dir)}/link`;
  await symlink(project, link);
  const allowed = await nu([`cd ${link}/deep`, "swcli runtime allow", "cd /", `cd ${link}`]);
  expect(allowed.stdout).toBe(`[]\n${link}/.swrt-runtime may now enter demo on cd\n[demo]\n[]\n[demo]\n`);
});

it("children are told nothing of it", async () => {
  expect(
    (await nu(["cd PROJECT; ^env | lines | where {|line| $line starts-with _SWRT } | print ($in | length)"])).stdout,
  ).toBe("0\n[demo]\n");
});

itInTmux(
  "a real prompt calls it, once, also when the hook was loaded twice",
  async () => {
    const hook = await home.write("hook.nu", await hookText());
    await using window = await openTmux(home, ["nu", "--no-config-file"]);
    await window.sees("~>");
    await window.type(`source ${hook}; source ${hook}; print $'hooks ($env.config.hooks.env_change.PWD | length)'\n`);
    await window.sees("hooks 1");
    await window.type(`cd ${JSON.stringify(project)}\n`);
    await window.sees("[proj]>");
    await window.type("print $'in [($env.VIRTUAL_ENV_PROMPT? | default none)]'\n");
    await window.sees("in [demo]");
    await window.type("cd /\n");
    await window.type("print $'out [($env.VIRTUAL_ENV_PROMPT? | default none)]'\n");
    await window.sees("out [none]");
  },
  MINUTES,
);
