/** A conda runtime in every shell: its scripts' variables inside, its deactivate.d on the way out, nothing left behind. */
import { afterAll, beforeAll, expect } from "bun:test";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bothModes, type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsLinux, needsProgram, testWith } from "../helpers/needs.ts";
import { channelPython, condaChannel } from "../servers/conda-channel.ts";
import { activateIn, QUIET, SHELLS } from "./activated.ts";
import { yamlProject } from "./conda-env.ts";

const needs = [needsLinux(), channelPython() ? undefined : "a CPython with a prefix of its own"];
const LONG = 120_000;
const LOOK = 'echo "$NATIVE_HOME|$NATIVE_JSON|$CONDA_PREFIX|$CONDA_DEFAULT_ENV|$PATH"\n';

bothModes((mode) => {
  let home: Home;
  let prefix = "";
  beforeAll(async () => {
    home = await tempHome({ mode });
    if (needs.some((need) => need !== undefined)) return;
    const { dir } = await condaChannel();
    const project = await yamlProject(home, `file://${dir}/main`, ["conda: [native]"]);
    expect(await home.run(["runtime", "build", "--prepare", "wait"], { cwd: project })).toMatchObject({ exitCode: 0 });
    prefix = (await home.run(["runtime", "run", "demo", "--", "printenv", "CONDA_PREFIX"])).stdout.trim();
  }, LONG);
  afterAll(async () => await home[Symbol.asyncDispose]());

  for (const shell of SHELLS) {
    const it = testWith(...needs, needsProgram(shell));
    for (const word of ["conda deactivate", "deactivate"]) {
      it(`${shell}: \`${word}\` runs deactivate.d once and gives everything back`, async () => {
        await rm(join(home.dir, "native-left"), { force: true });
        const found = shell === "fish" ? "functions -q conda; and echo conda" : "command -v conda";
        const seen = `test -e "$HOME/native-left"; echo "left=${shell === "fish" ? "$status" : "$?"}"\n`;
        const ran = await activateIn(home, shell, `${LOOK}${seen}${word}\n${seen}${LOOK}${found}\nexit 4\n`, {
          env: { NATIVE_JSON: "mine" },
        });
        const path = home.env.PATH ?? "";
        expect(ran.stderr).toBe("");
        expect(ran.stdout.split("\n")).toEqual([
          `${prefix}/share/native|from json|${prefix}|demo|${prefix}/libexec:${prefix}/bin:${path}`,
          "left=1",
          "left=0",
          `|mine|||${path}`,
          "",
        ]);
        expect(ran.exitCode).toBe(4);
      });
    }
  }

  for (const shell of ["bash", "zsh", "fish"] as const) {
    const init = shell === "fish" ? '"$SW" shell init fish | source' : `eval "$("$SW" shell init ${shell})"`;
    testWith(...needs, needsProgram(shell))(
      `${shell}: in a hooked shell \`conda deactivate\` is the way out too, and conda's own word is conda's again`,
      async () => {
        await rm(join(home.dir, "native-left"), { force: true });
        await home.write("bin/conda", '#!/bin/sh\necho "the other conda $*"\n', 0o755);
        const env = { SW: SWCLI_BIN, PATH: `${join(home.dir, "bin")}:${home.env.PATH}` };
        const inside = `swcli runtime activate demo\nconda list\n${LOOK}conda deactivate`;
        const script = `${init}\n${inside}\n${LOOK}ls "$HOME/native-left"\nconda list\n`;
        const ran = await home.exec([shell, ...QUIET[shell], "-c", script], { env });
        expect(ran.stderr).toBe("");
        expect(ran.stdout.split("\n")).toEqual([
          "the other conda list",
          `${prefix}/share/native|from json|${prefix}|demo|${prefix}/libexec:${prefix}/bin:${env.PATH}`,
          `||||${env.PATH}`,
          join(home.dir, "native-left"),
          "the other conda list",
          "",
        ]);
      },
    );
  }

  testWith(...needs, needsProgram("fish"))("fish: a package's own fish script goes before its other one", async () => {
    const own = join(prefix, "etc/conda/deactivate.d/native.fish");
    await rm(join(home.dir, "native-left"), { force: true });
    await writeFile(own, "echo its own $NATIVE_HOME\n");
    const ran = await activateIn(home, "fish", 'conda deactivate\ntest -e "$HOME/native-left"; echo $status\n');
    await rm(own);
    expect(ran).toMatchObject({ stdout: `its own ${prefix}/share/native\n1\n`, stderr: "" });
  });

  testWith(
    ...needs,
    needsProgram("strace"),
    needsProgram("dash"),
  )("activating again starts nothing but the shell that is entered: no Python, no conda, no script", async () => {
    const log = join(home.dir, "started");
    const trace = ["strace", "-f", "-qq", "-e", "trace=execve", "-o", log];
    const stdin = 'echo "$NATIVE_HOME"\n';
    const env = { SHELL: Bun.which("dash") ?? "" };
    expect(await home.run(["runtime", "activate", "demo"], { stdin, env })).toMatchObject({ exitCode: 0 });
    const ran = await home.exec([...trace, SWCLI_BIN, "runtime", "activate", "demo"], { stdin, env });
    expect(ran).toMatchObject({ exitCode: 0, stdout: `${prefix}/share/native\n` });
    const started = [...(await readFile(log, "utf8")).matchAll(/execve\("([^"]+)".*= 0$/gm)].map(([, path]) => path);
    expect(started).toEqual([SWCLI_BIN, env.SHELL]);
  });
});
