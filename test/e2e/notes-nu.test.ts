/** A job that a hooked nushell started in the background says at its next prompt that it has ended; as notes.test.ts. */
import { afterAll, beforeAll, expect } from "bun:test";
import { mkdir, rm } from "node:fs/promises";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { MINUTES } from "./activated.ts";
import { openTmux, type TmuxWindow } from "./tmux.ts";

const it = testWith(needsProgram("nu"), needsProgram("tmux"));
const YAML = "name: demo\nenvironment:\n  python: 3.11\ndependencies:\n  - pip:\n      - six\n";

let home: Home;
let hook = "";
beforeAll(async () => {
  home = await tempHome();
  await home.project({ "runtime.yaml": YAML });
  hook = await home.write("hook.nu", (await home.run(["shell", "init", "nu"])).stdout);
});
afterAll(async () => await home[Symbol.asyncDispose]());

const notes = () => `${home.root}/.store/v1/jobs/notes`;
const textOf = async (path: string) => ((await Bun.file(path).exists()) ? await Bun.file(path).text() : "");
async function untilText(path: string): Promise<string> {
  for (let tries = 0; tries < 1000 && (await textOf(path)) === ""; tries++) await Bun.sleep(20);
  return await textOf(path);
}

/** With what somebody has at the prompt already, and the hook loaded twice. Keys that come before a prompt may be lost. */
async function openNu(before: string, atPrompt: string): Promise<{ window: TmuxWindow; pid: string }> {
  const window = await openTmux(home, ["nu", "--no-config-file"]);
  await window.sees("~>");
  await rm(`${home.dir}/pid`, { force: true });
  const load = `source ${hook}; source ${hook}; $nu.pid | into string | save ${home.dir}/pid`;
  await window.type(`${before}; ${load}; print ([hoo ked] | str join)\n`);
  await window.sees(`hooked\n${atPrompt}~>`);
  return { window, pid: await textOf(`${home.dir}/pid`) };
}

it(
  "it is one line at the next prompt and no later one, beside what others call there",
  async () => {
    const own = "$env.config.hooks.pre_prompt = [{|| print own }]";
    const { window, pid } = await openNu(own, "own\n");
    await using _ = window;
    await window.type("print $'hooks ($env.config.hooks.pre_prompt | length)'\n");
    await window.sees("hooks 2\nown\n~>");
    const build = "cd project-1; swcli -q runtime build --disable-env-lock --prepare no --detach";
    await window.type(`${build} | save ${home.dir}/id; ^sh -c 'until test -e ${home.dir}/go; do sleep 0.02; done'\n`);
    const id = (await untilText(`${home.dir}/id`)).trim();
    const note = `swcli: job ${id} (build ${home.dir}/project-1) done`;
    expect(await untilText(`${notes()}/${pid}`)).toBe(`${note}\n`);
    await home.write("go", "");
    await window.sees(`${note}\n~/project-1>`);
    await window.type("print $'and none [($env.SWCLI_SHELL? | default none)]'\n");
    await window.sees("and none [none]\nown\n~/project-1>");
    expect((await window.screen()).split(note)).toHaveLength(2);
    expect(await textOf(`${notes()}/${pid}`)).toBe("");
  },
  MINUTES,
);

it(
  "what lies there for a process that had its pid before is not shown",
  async () => {
    await mkdir(notes(), { recursive: true });
    const old = `'of somebody else' | save --force $'${notes()}/($nu.pid)'`;
    const { window } = await openNu(old, "");
    await using _ = window;
    await window.type("print done-here\n");
    await window.sees("done-here\n~>");
    expect((await window.screen()).split("of somebody else")).toHaveLength(2);
  },
  MINUTES,
);
