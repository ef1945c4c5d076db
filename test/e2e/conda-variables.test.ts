/** What activation scripts of a conda environment do to the person's own variables: as in conda, and all of it undone. */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bothModes, type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsLinux, needsProgram, testWith } from "../helpers/needs.ts";
import { channelPython, condaChannel } from "../servers/conda-channel.ts";
import { activateIn, QUIET } from "./activated.ts";
import { yamlProject } from "./conda-env.ts";

const needs = [needsLinux(), channelPython() ? undefined : "a CPython with a prefix of its own"];
const LONG = 120_000;

/** The first two as in conda's package of a JDK, the others as compilers and people have them. */
const SCRIPTS = {
  "activate.d/a-java.sh":
    'if [ -n "$JAVA_HOME" ]; then export JAVA_HOME_CONDA_BACKUP=$JAVA_HOME; fi\nexport JAVA_HOME=$CONDA_PREFIX/lib/jvm\n',
  "deactivate.d/a-java.sh":
    'echo a >>"$HOME/left"\nif [ -n "$JAVA_HOME_CONDA_BACKUP" ]; then export JAVA_HOME=$JAVA_HOME_CONDA_BACKUP; else unset JAVA_HOME; fi\n',
  "activate.d/b-lists.sh": [
    'export LD_LIBRARY_PATH="$CONDA_PREFIX/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"',
    'export CFLAGS="-O2 ${CFLAGS}"',
    'export INFO_LIST="$INFO_LIST:$CONDA_PREFIX/info"',
    'export CHOICE="${CHOICE:-ours}"',
    'export DATA="$HOME/data"',
    "unset GONE",
    'export PATH="$CONDA_PREFIX/first:$PATH:$CONDA_PREFIX/last"\n',
  ].join("\n"),
  "deactivate.d/b-lists.sh": 'echo b >>"$HOME/left"\nexport CFLAGS=-worse DATA=lost PATH="$PATH:/lost"\n',
};
const NAMES = ["JAVA_HOME", "LD_LIBRARY_PATH", "CFLAGS", "INFO_LIST", "CHOICE", "DATA", "GONE", "PATH"];
const SHOW = `for n in ${NAMES.join(" ")}; do eval "echo \\"$n=\\\${$n-(none)}\\""; done\n`;
const OWN = {
  JAVA_HOME: "/usr/lib/it's jvm",
  LD_LIBRARY_PATH: "/my/lib",
  CFLAGS: "-g $x `y` \\",
  INFO_LIST: "/my/info:/other",
  CHOICE: "mine",
  DATA: "/my/data",
  GONE: "there",
};

bothModes((mode) => {
  let home: Home;
  let prefix = "";
  let show = "";
  beforeAll(async () => {
    home = await tempHome({ mode });
    if (needs.some((need) => need !== undefined)) return;
    const { dir } = await condaChannel();
    const project = await yamlProject(home, `file://${dir}/main`, ["conda: [everywhere]"]);
    expect(await home.run(["runtime", "build", "--prepare", "wait"], { cwd: project })).toMatchObject({ exitCode: 0 });
    prefix = (await home.run(["runtime", "run", "demo", "--", "printenv", "CONDA_PREFIX"])).stdout.trim();
    for (const [path, text] of Object.entries(SCRIPTS)) {
      await mkdir(join(prefix, "etc/conda", path, ".."), { recursive: true });
      await writeFile(join(prefix, "etc/conda", path), text);
    }
    show = `/bin/sh ${await home.write("show", SHOW)}`;
  }, LONG);
  afterAll(async () => await home[Symbol.asyncDispose]());

  const shown = (values: Record<string, string>) =>
    NAMES.map((name) => `${name}=${values[name] ?? "(none)"}\n`).join("");
  const path = () => home.env.PATH ?? "";
  const inside = (own: Partial<typeof OWN>) =>
    shown({
      JAVA_HOME: `${prefix}/lib/jvm`,
      LD_LIBRARY_PATH: `${prefix}/lib${own.LD_LIBRARY_PATH ? `:${own.LD_LIBRARY_PATH}` : ""}`,
      CFLAGS: `-O2 ${own.CFLAGS ?? ""}`,
      INFO_LIST: `${own.INFO_LIST ?? ""}:${prefix}/info`,
      CHOICE: own.CHOICE ?? "ours",
      DATA: join(home.dir, "data"),
      PATH: `${prefix}/first:${prefix}/bin:${path()}:${prefix}/last`,
    });
  const outside = (own: Partial<typeof OWN>) => shown({ ...own, PATH: path() });

  for (const [whose, own] of [
    ["a person with values of their own", OWN],
    ["a person without", {}],
  ] as const) {
    describe(whose, () => {
      const env = { ...Object.fromEntries(Object.keys(OWN).map((name) => [name, undefined])), ...own };

      testWith(...needs)("`run` hands the command what conda's scripts would have made of them", async () => {
        const ran = await home.run(["runtime", "run", "demo", "--", "/bin/sh", join(home.dir, "show")], { env });
        expect(ran).toMatchObject({ stdout: inside(own), exitCode: 0 });
      });

      for (const shell of ["bash", "zsh", "dash", "fish"] as const) {
        testWith(...needs, needsProgram(shell))(
          `${shell}: a sub-shell has them, and its way out undoes all`,
          async () => {
            await rm(join(home.dir, "left"), { force: true });
            const ran = await activateIn(home, shell, `${show}\nconda deactivate\n${show}\n`, { env });
            expect(ran.stderr).toBe("");
            expect(ran.stdout).toBe(inside(own) + outside(own));
            // The last activated is the first to be left.
            expect(await readFile(join(home.dir, "left"), "utf8")).toBe("b\na\n");
          },
        );

        const kind = shell === "dash" ? "sh" : shell;
        const into = `"$SW" runtime shellenv demo --shell ${kind}`;
        testWith(...needs, needsProgram(shell))(
          `${shell}: a strict shell that reads shellenv gets all back`,
          async () => {
            const enter = shell === "fish" ? `${into} | source` : `set -eu; eval "$(${into})"`;
            // Twice: one runtime over another one leaves the first.
            const lenient = shell === "fish" ? "" : '(: "$NOT_SET") 2>/dev/null && echo no longer strict || :\n';
            const script = `${enter}\n${enter}\n${show}\ndeactivate\n${show}\n${lenient}`;
            const ran = await home.exec([shell, ...QUIET[shell], "-c", script], { env: { ...env, SW: SWCLI_BIN } });
            expect(ran.stderr).toBe("");
            expect(ran.stdout).toBe(inside(own) + outside(own));
          },
        );
      }

      for (const shell of ["bash", "zsh", "fish"] as const) {
        testWith(...needs, needsProgram(shell))(
          `${shell}: a hooked shell too, and what was changed inside stays`,
          async () => {
            const init = shell === "fish" ? '"$SW" shell init fish | source' : `eval "$("$SW" shell init ${shell})"`;
            // The second one is unset by a script for the way out.
            const put = ["CHOICE", "JAVA_HOME"]
              .map((name) => (shell === "fish" ? `set -gx ${name} changed` : `export ${name}=changed`))
              .join("\n");
            const more = shell === "fish" ? "set -gx PATH /more $PATH" : "export PATH=/more:$PATH";
            // What isn't written for fish is run beside it.
            const lost = shell === "fish" ? "" : ":/lost";
            const script = `${init}\nswcli runtime activate demo\n${show}\n${put}\n${more}\ndeactivate\n${show}\n`;
            const ran = await home.exec([shell, ...QUIET[shell], "-c", script], { env: { ...env, SW: SWCLI_BIN } });
            const after = shown({ ...own, CHOICE: "changed", JAVA_HOME: "changed", PATH: `/more:${path()}${lost}` });
            expect(ran.stderr).toBe("");
            expect(ran.stdout).toBe(inside(own) + after);
          },
        );
      }

      testWith(...needs, needsProgram("nu"))("nushell: a hooked shell too", async () => {
        const hook = (await home.run(["shell", "init", "nu"])).stdout;
        const script = `${hook}\nswcli runtime activate demo\n${show}\nswcli deactivate\n${show}\n`;
        const file = await home.write("script.nu", script);
        const ran = await home.exec(["nu", "--no-config-file", file], { env });
        expect(ran.stderr).toBe("");
        expect(ran.stdout).toBe(inside(own) + outside(own));
      });
    });
  }

  testWith(...needs)(
    "what a script makes of a variable in a way of its own is done as for a person without, and said",
    async () => {
      const odd = join(prefix, "etc/conda/activate.d/c-odd.sh");
      await writeFile(odd, 'export ODD="$(printf %s "${ODD-none}" | tr a-z A-Z)"\n');
      const ran = await home.run(["-v", "runtime", "run", "demo", "--", "printenv", "ODD"], { env: { ODD: "mine" } });
      await rm(odd);
      expect(ran.stdout).toBe("NONE\n");
      const said = mode === "daemon" ? (await home.run(["daemon", "logs"])).stdout : ran.stderr;
      expect(said).toContain("what becomes of your own ODD can't be told from the scripts");
    },
  );

  testWith(...needs)("a script that ends its shell, even by `exit 0`, is named with what it said", async () => {
    const odd = join(prefix, "etc/conda/activate.d/c-odd.sh");
    await writeFile(odd, "echo no license >&2\nexit 0\n");
    const ran = await home.run(["runtime", "run", "demo", "--", "true"]);
    await rm(odd);
    expect(ran).toMatchObject({ exitCode: 125, stdout: "" });
    expect(ran.stderr).toContain(`the activation script ${odd} ended the shell (exit code 0)\nno license\n`);
  });

  testWith(...needs)("what lies in the home is in the home of who asks, not of who asked first", async () => {
    const env = { HOME: await home.project({ here: "" }) };
    const config = { SW_CLI_CONFIG: home.env.SW_CLI_CONFIG ?? join(home.dir, ".config/starwhale/config.yaml") };
    const ran = await home.run(["runtime", "run", "demo", "--", "printenv", "DATA"], { env: { ...env, ...config } });
    expect(ran.stdout).toBe(`${env.HOME}/data\n`);
  });
});
