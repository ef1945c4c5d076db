/** Every Python that is supported, as far as this machine has it: activated in a hooked shell, guarded, compiled, verified. */
import { expect } from "bun:test";
import { existsSync, globSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { testWith } from "../helpers/needs.ts";

const MINUTES = 60_000;
const MINORS = ["3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13"];

const isHere = (minor: string) => {
  const pyenv = process.env.PYENV_ROOT ?? `${process.env.HOME}/.pyenv`;
  return globSync(`${pyenv}/versions/${minor}.*/bin/python${minor}`).length > 0 || Bun.which(`python${minor}`) !== null;
};

/** Of the only environment, once its record is made. */
async function settled(home: Home): Promise<string> {
  const [prefix = ""] = globSync(`${home.root}/.envs/*-1`);
  for (let tries = 0; tries < 300 && !existsSync(`${prefix}/.swcli/seen/site`); tries++) await Bun.sleep(100);
  return prefix;
}

async function hooked(home: Home, script: string) {
  const hook = await home.run(["shell", "init", "bash"]);
  const file = await home.write("script.bash", `${hook.stdout}\n${script}\n`);
  return await home.exec(["bash", "--norc", file]);
}

bothModes((mode) => {
  for (const minor of MINORS) {
    testWith(isHere(minor) ? undefined : `Python ${minor}`)(
      `Python ${minor}: a hooked shell is in it, pip changes nothing, its bytecode is made and a changed file is named`,
      async () => {
        await using home = await tempHome({ mode });
        const yaml = `name: demo\nenvironment:\n  python: "${minor}"\ndependencies:\n  - pip:\n      - six\n`;
        const dir = await home.project({ "runtime.yaml": yaml });
        const built = await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir });
        expect(built.stderr).not.toContain("error");
        const site = `${await settled(home)}/lib/python${minor}/site-packages`;
        const tag = `cpython-${minor.replace(".", "")}`;
        // In the background, which only a daemon has.
        expect(globSync(`${site}/__pycache__/six.${tag}.pyc`)).toHaveLength(mode === "daemon" ? 1 : 0);
        const shell = await hooked(
          home,
          `swcli runtime activate demo
           python -c 'import six, sys; print("%d.%d" % sys.version_info[:2], six.__file__.startswith(sys.prefix))'
           pip install idna || echo refused
           python -m pip install idna || echo refused
           swcli deactivate; echo "left \${VIRTUAL_ENV-}"`,
        );
        expect(shell.stdout).toBe(`${minor} True\nrefused\nrefused\nleft \n`);
        expect(shell.stderr.match(/this environment is shared and does not change/g)).toHaveLength(2);
        expect((await home.run(["env", "verify", "demo"])).exitCode).toBe(0);
        // Another file under its name: this one's bytes are also those of uv's cache, which all tests share.
        await rm(`${site}/six.py`);
        await writeFile(`${site}/six.py`, "# changed\n");
        const verified = await home.run(["env", "verify", "demo"]);
        expect(verified.exitCode).toBe(1);
        expect(verified.stdout + verified.stderr).toMatch(/six\.py.*six 1\./s);
      },
      5 * MINUTES,
    );
  }
});
