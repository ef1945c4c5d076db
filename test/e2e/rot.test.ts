/** Parts of environments moved, removed and damaged by hand, and base interpreters that go: the next activation is right. */
import { afterAll, beforeAll, describe, expect } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname } from "node:path";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { channelPython } from "../servers/conda-channel.ts";
import { buildRuntime, MINUTES } from "./activated.ts";

const it = testWith(needsProgram("bash"));
const SAY = ["python", "-c", "import six, sys; print(sys.prefix)"];

async function prefixOf(home: Home): Promise<string> {
  const { prefix } = (await home.run(["env", "info", "demo", "-o", "json"])).json;
  for (let tries = 0; tries < 300 && !existsSync(`${prefix}/.swcli/seen/site`); tries++) await Bun.sleep(100);
  return prefix;
}

/** What is done to a prefix that is ready, after which another one has to be made. */
const BREAKS: Record<string, (prefix: string) => void> = {
  "the whole folder removed": (prefix) => rmSync(prefix, { recursive: true }),
  "the folder moved away": (prefix) => renameSync(prefix, `${prefix}.moved-${Date.now()}`),
  "an empty folder in its place": (prefix) => {
    renameSync(prefix, `${prefix}.moved-${Date.now()}`);
    mkdirSync(prefix);
  },
  "bin removed": (prefix) => rmSync(`${prefix}/bin`, { recursive: true }),
  "lib removed": (prefix) => rmSync(`${prefix}/lib`, { recursive: true }),
  "site-packages moved": (prefix) => renameSync(`${prefix}/lib/python3.11/site-packages`, `${prefix}/elsewhere`),
  "python a link to nothing": (prefix) => {
    rmSync(`${prefix}/bin/python`);
    symlinkSync("/nowhere/python", `${prefix}/bin/python`);
  },
};

/** A hooked shell goes on in the prefix that it knows, which is whole. */
const MARKER_BREAKS: Record<string, (prefix: string) => void> = {
  "the marker damaged": (prefix) => writeFileSync(markerOf(prefix), "{ garbage"),
  "the marker removed": (prefix) => rmSync(markerOf(prefix)),
  "pyvenv.cfg removed": (prefix) => rmSync(`${prefix}/pyvenv.cfg`),
};
const markerOf = (prefix: string) => `${dirname(prefix)}/${basename(prefix).replace(/-\d+$/, "")}.json`;

bothModes((mode) => {
  describe("by hand", () => {
    let home: Home;
    beforeAll(async () => {
      home = await tempHome({ mode });
      await buildRuntime(home, "demo");
    }, 2 * MINUTES);
    afterAll(async () => await home[Symbol.asyncDispose]());

    const hooked = async () => {
      const hook = (await home.run(["shell", "init", "bash"])).stdout;
      const file = await home.write("hooked", `${hook}\nswcli runtime activate demo\n${SAY[0]} -c '${SAY[2]}'\n`);
      return await home.exec(["bash", "--norc", file]);
    };
    const open = (prefix: string) => Bun.spawnSync(["chmod", "-R", "u+w", prefix]);

    for (const [what, damage] of Object.entries(BREAKS)) {
      it(
        `${what}: it is made again for a hooked shell that knew it`,
        async () => {
          const prefix = await prefixOf(home);
          // The second one, once it is settled, writes what the quick way reads.
          await hooked();
          expect((await hooked()).stdout).toBe(`${prefix}\n`);
          open(prefix);
          damage(prefix);
          const ran = await hooked();
          expect([ran.exitCode, ran.stdout]).toEqual([0, `${await prefixOf(home)}\n`]);
          expect(ran.stderr).toContain("Making a Python");
        },
        MINUTES,
      );
    }

    for (const [what, damage] of Object.entries({ ...BREAKS, ...MARKER_BREAKS })) {
      it(
        `${what}: \`run\` makes it again, once`,
        async () => {
          const prefix = await prefixOf(home);
          open(prefix);
          damage(prefix);
          const ran = await home.run(["runtime", "run", "demo", "--", ...SAY]);
          expect([ran.exitCode, ran.stdout]).toEqual([0, `${await prefixOf(home)}\n`]);
          expect(ran.stderr).toContain("Making a Python");
          expect((await home.run(["runtime", "run", "demo", "--", "true"])).stderr).toBe("");
        },
        MINUTES,
      );
    }

    it(
      "what is lost beyond repair is named by `env verify --fix`, and the environment made again",
      async () => {
        const LOST: Record<string, (prefix: string) => void> = {
          ".swcli/record": (prefix) => writeFileSync(`${prefix}/.swcli/record`, "garbage\n"),
        };
        for (const [path, damage] of Object.entries(LOST)) {
          const prefix = await prefixOf(home);
          open(prefix);
          damage(prefix);
          const said = await home.run(["env", "verify", "demo", "-o", "json"]);
          expect(said.exitCode).toBe(1);
          const { differences } = said.json.environments[0];
          expect(differences.map((one: { path: string }) => one.path)).toEqual([path]);
          expect((await home.run(["runtime", "run", "demo", "--", "true"])).stderr).not.toContain("Making");
          const fixed = await home.run(["env", "verify", "demo", "--fix"]);
          expect([fixed.exitCode, fixed.stderr.includes("made again")]).toEqual([1, true]);
          const ran = await home.run(["runtime", "run", "demo", "--", ...SAY]);
          expect([path, ran.stderr.includes("Making a Python")]).toEqual([path, true]);
          expect(ran.stdout).not.toBe(`${prefix}\n`);
          await prefixOf(home);
          expect((await home.run(["env", "verify", "demo"])).exitCode).toBe(0);
        }
      },
      2 * MINUTES,
    );
  });

  testWith(channelPython() ? undefined : "a CPython with a prefix of its own")(
    "a base interpreter that was upgraded or moved is noticed, and the environment made again",
    async () => {
      await using home = await tempHome({ mode });
      // Its own program, the library by a link: what is done to the interpreter is done to nobody else's.
      const base = `${home.dir}/base`;
      const real = channelPython() ?? "";
      const minor = basename(real);
      mkdirSync(`${base}/bin`, { recursive: true });
      copyFileSync(real, `${base}/bin/${minor}`);
      for (const name of ["lib", "include"]) symlinkSync(`${dirname(dirname(real))}/${name}`, `${base}/${name}`);
      const env = { PATH: `${base}/bin:${process.env.PATH}`, PYENV_ROOT: undefined };
      const yaml = `name: demo\nenvironment:\n  python: ${minor.slice(6)}\ndependencies:\n  - pip: [six]\n`;
      const dir = await home.project({ "runtime.yaml": yaml });
      await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir, env });
      const say = "import sys; print(sys.base_prefix, sys.prefix)";
      const run = async () => await home.run(["runtime", "run", "demo", "--", "python", "-c", say], { env });
      const first = await run();
      expect(first.stdout).toStartWith(`${base} `);
      utimesSync(`${base}/bin/${minor}`, new Date(2001, 1, 1), new Date(2001, 1, 1));
      const upgraded = await run();
      expect(upgraded.stdout).toStartWith(`${base} `);
      expect(upgraded.stdout).not.toBe(first.stdout);
      expect(upgraded.stderr).toContain("Making a Python");
      renameSync(base, `${base}-moved`);
      const moved = await home.run(["runtime", "run", "demo", "--", "python", "-c", say], {
        env: { ...env, PATH: `${base}-moved/bin:${process.env.PATH}` },
      });
      expect(moved.stdout).toStartWith(`${base}-moved `);
      expect(moved.stderr).toContain("Making a Python");
    },
    3 * MINUTES,
  );
});
