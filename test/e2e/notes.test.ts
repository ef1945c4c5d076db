/** A job that a hooked shell started in the background says at that shell's next prompt that it has ended. */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { existsSync, readdirSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { pushTinyBase } from "../servers/base-image.ts";
import { registryMissing, startRegistry } from "../servers/registry.ts";
import { MINUTES, openTerminal } from "./activated.ts";
import { buildForImage } from "./image-runtime.ts";

const missing = await registryMissing();

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];
const RC: Record<Shell, string> = { bash: ".bashrc", zsh: ".zshrc", fish: ".config/fish/config.fish" };
const YAML = "name: demo\nenvironment:\n  python: 3.11\ndependencies:\n  - pip:\n      - six\n";
const BUILD = "cd project-1; swcli -q runtime build --disable-env-lock --prepare no --detach";

/** What a person has at the prompt already, before and after our line; each says the status of the last command. */
const OWN: Record<Shell, { before: string; after: string }> = {
  bash: {
    before: "PS1='mine> '\nown() { echo \"own <$?>\"; }\nPROMPT_COMMAND=own",
    after: "",
  },
  zsh: {
    before: "PROMPT='mine> '\nown() { echo \"own <$?>\" }\nprecmd_functions=(own)",
    after: 'precmd() { echo "last <$?>" }',
  },
  fish: {
    before: "function fish_prompt; echo -n 'mine> '; end",
    after: 'function own --on-event fish_prompt; echo "own <$status>"; end',
  },
};
const SAID: Record<Shell, string[]> = { bash: ["own <5>"], zsh: ["own <5>", "last <5>"], fish: ["own <5>"] };
const PID: Record<Shell, string> = { bash: "$$", zsh: "$$", fish: "$fish_pid" };
// The rest of a line stays as it is.
const NO_PROGRAMS: Record<Shell, string> = { bash: "PATH=", zsh: "path=()", fish: "set PATH" };

for (const shell of SHELLS) {
  describe(shell, () => {
    const it = testWith(needsProgram(shell), needsProgram("script"));
    let home: Home;
    beforeAll(async () => {
      home = await tempHome();
      await home.project({ "runtime.yaml": YAML });
      const hook = (await home.run(["shell", "init", shell])).stdout;
      const { before, after } = OWN[shell];
      await home.write(RC[shell], `${before}\n${hook}\n${after}\n`);
    });
    afterAll(async () => await home[Symbol.asyncDispose]());

    const folder = () => `${home.root}/.store/v1/jobs/notes`;
    const notes = () => {
      try {
        return readdirSync(folder()).map((name) => [name, statSync(`${folder()}/${name}`).size > 0] as const);
      } catch {
        return [];
      }
    };
    const untilNote = async (pid: string) => {
      const isThere = () => notes().some(([name, isFull]) => name === pid && isFull);
      for (let tries = 0; tries < 1000 && !isThere(); tries++) await Bun.sleep(20);
      expect(notes()).toContainEqual([pid, true]);
    };

    /** A shell that starts a job, is busy until that has ended, and then runs `last` before its next prompt. */
    const withEndedJob = async (last: string) => {
      for (const name of ["go", "pid", "id"]) await rm(`${home.dir}/${name}`, { force: true });
      const terminal = openTerminal(home, [shell, "-i"]);
      await terminal.sees("mine> ");
      const busy = "sh -c 'until test -e $HOME/go; do sleep 0.02; done'";
      terminal.type(`${BUILD} >$HOME/id; cd ..; echo ${PID[shell]} >$HOME/pid; ${busy}; ${last}\n`);
      const read = async (name: string) => {
        const file = Bun.file(`${home.dir}/${name}`);
        return (await file.exists()) ? (await file.text()).trim() : "";
      };
      for (let tries = 0; tries < 1000 && (await read("pid")) === ""; tries++) await Bun.sleep(20);
      const [pid, id] = [await read("pid"), await read("id")];
      expect(id).toMatch(/^[0-9a-f]{12}$/);
      await untilNote(pid);
      return { terminal, pid, id, go: () => home.write("go", "") };
    };

    it(
      "it is one line at the next prompt and no later one, without any program",
      async () => {
        const { terminal, pid, id, go } = await withEndedJob(NO_PROGRAMS[shell]);
        await go();
        await terminal.sees(`swcli: job ${id} (build ${home.dir}/project-1) done\r\n`);
        await terminal.sees("mine> ");
        expect(notes()).toEqual([[pid, false]]);
        terminal.type("echo again\nexit 3\n");
        expect(await terminal.exited).toBe(3);
        expect(terminal.screen().split("swcli: job").length).toBe(2);
        expect(terminal.screen()).not.toContain("not found");
      },
      MINUTES,
    );

    it(
      "what else is called at the prompt is called, and sees the status of the person's command",
      async () => {
        const { terminal, id, go } = await withEndedJob("sh -c 'exit 5'");
        await go();
        await terminal.sees(`swcli: job ${id}`);
        await terminal.sees("mine> ");
        terminal.type(`echo "code <${shell === "fish" ? "$status" : "$?"}>"; exit\n`);
        await terminal.sees("code <5>");
        await terminal.exited;
        for (const text of SAID[shell]) expect(terminal.screen()).toContain(text);
      },
      MINUTES,
    );

    it(
      "another shell does not show it, nor one that has the pid later",
      async () => {
        const { terminal, pid, go } = await withEndedJob(`exec ${shell} -i`);
        const other = openTerminal(home, [shell, "-i"]);
        await other.sees("mine> ");
        other.type("echo nothing here\nexit\n");
        await other.exited;
        expect(notes()).toContainEqual([pid, true]);
        await go();
        await terminal.sees("mine> ");
        terminal.type(`echo "is <${PID[shell]}>"\nexit\n`);
        await terminal.sees(`is <${pid}>`);
        await terminal.exited;
        for (const { screen } of [terminal, other]) expect(screen()).not.toContain("swcli: job");
      },
      MINUTES,
    );
  });
}

testWith(missing)(
  "who looks on while the image is made gets no note, who does not gets one",
  async () => {
    await using home = await tempHome();
    await using registry = await startRegistry();
    const base = await pushTinyBase(registry.host);
    await buildForImage(home);
    const dockerize = async (shell: string, ...words: string[]) => {
      const image = `${registry.host}/notes/${shell}:1`;
      const args = ["-q", "runtime", "dockerize", "demo", "-t", image, "--base-image", base, "--push", ...words];
      const ran = await home.run(args, { env: { SWCLI_SHELL: shell } });
      expect(ran.exitCode).toBe(0);
      return ran.stdout.trim();
    };
    await dockerize("99999991");
    await home.run(["job", "wait", await dockerize("99999992", "--detach")]);
    const folder = `${home.root}/.store/v1/jobs/notes`;
    for (let tries = 0; tries < 500 && !existsSync(`${folder}/99999992`); tries++) await Bun.sleep(20);
    expect(readdirSync(folder)).toEqual(["99999992"]);
  },
  2 * MINUTES,
);
