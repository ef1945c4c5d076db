/** The stable link of a runtime, for editors and notebooks: it leads to the environment of the latest version, always. */
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { targetOf } from "#core/env/links.ts";
import { bothModes, tempHome } from "../helpers/home.ts";
import { buildRuntime, MINUTES } from "./activated.ts";

bothModes((mode) => {
  test(
    "it is a virtual environment by itself, follows latest, and comes back when somebody takes it away",
    async () => {
      await using home = await tempHome({ mode });
      await buildRuntime(home, "demo", { six: "1.16.0" });
      const link = `${home.root}/.links/self/demo`;
      const prefixOf = async (uri: string, ...words: string[]) => {
        const ran = await home.run(["runtime", "activate", ...words, uri], {
          stdin: 'echo "$VIRTUAL_ENV"\n',
          env: { SHELL: "/bin/sh" },
        });
        return ran.stdout.trim();
      };
      const first = await prefixOf("demo");
      expect(readlinkSync(link)).toBe(first);
      // What editors look for: the marker of a venv, and a folder named like the runtime; a prompt of its own would be one runtime's.
      const config = readFileSync(`${link}/pyvenv.cfg`, "utf8");
      expect(config).toMatch(/^home = \//m);
      expect(config).not.toContain("prompt");
      const version = "import six, sys; print(six.__version__, sys.prefix)";
      expect((await home.exec([`${link}/bin/python`, "-c", version])).stdout).toStartWith("1.16.0 ");
      const info = (await home.run(["runtime", "info", "demo"])).stdout;
      expect(info).toContain(`${first}/bin/python\n`);
      expect(info).toContain(`${link}\n`);

      await buildRuntime(home, "demo", { six: "1.17.0" });
      const second = await prefixOf("demo");
      expect(second).not.toBe(first);
      expect(readlinkSync(link)).toBe(second);
      expect(await prefixOf("demo/v0")).toBe(first);
      expect(readlinkSync(link)).toBe(second);
      expect((await home.exec([`${link}/bin/python`, "-c", version])).stdout).toStartWith("1.17.0 ");

      rmSync(link);
      await prefixOf("demo");
      expect(readlinkSync(link)).toBe(second);
      rmSync(link);
      symlinkSync("/nowhere", link);
      await prefixOf("demo");
      expect(readlinkSync(link)).toBe(second);
      const fresh = await prefixOf("demo", "--force-restore");
      expect(fresh).not.toBe(second);
      expect(readlinkSync(link)).toBe(fresh);
    },
    2 * MINUTES,
  );

  test(
    "another name for the same content has its link as soon as it is built",
    async () => {
      await using home = await tempHome({ mode });
      const yaml = "name: demo\nenvironment:\n  python: 3.11\ndependencies:\n  - pip: [six]\n";
      const dir = await home.project({ "runtime.yaml": yaml });
      const build = async (name: string) => {
        const built = await home.run(["runtime", "build", "-n", name, "--prepare", "wait"], { cwd: dir });
        expect(built).toMatchObject({ exitCode: 0 });
        return readlinkSync(`${home.root}/.links/self/${name}`);
      };
      const first = await build("demo");
      // Younger files might hide a change, so nothing is remembered of them.
      await Bun.sleep(100);
      expect([await build("demo"), await build("other"), await build("third")]).toEqual([first, first, first]);
    },
    2 * MINUTES,
  );

  test(
    "it goes with its environment, its runtime and its project, and is there again when they are",
    async () => {
      await using home = await tempHome({ mode });
      const link = (project: string, name: string) => targetOf(`${home.root}/.links/${project}/${name}`);
      const done = async (...words: string[]) => expect(await home.run(words)).toMatchObject({ exitCode: 0 });
      await buildRuntime(home, "demo");
      await done("project", "create", "team");
      await done("runtime", "copy", "demo", "local/project/team/runtime/demo");
      const team = "local/project/team/runtime/demo";
      const enter = async () => {
        await done("runtime", "run", "demo", "--", "true");
        await done("runtime", "run", team, "--", "true");
        expect([existsSync(link("self", "demo") ?? ""), existsSync(link("team", "demo") ?? "")]).toEqual([true, true]);
      };
      await enter();

      await done("env", "remove", "demo", "--force");
      expect([link("self", "demo"), link("team", "demo")]).toEqual([undefined, undefined]);
      await enter();

      await done("runtime", "remove", "-y", "demo");
      expect([link("self", "demo"), existsSync(link("team", "demo") ?? "")]).toEqual([undefined, true]);
      await done("runtime", "recover", "demo");
      await enter();

      await done("project", "remove", "-y", "team");
      expect(existsSync(`${home.root}/.links/team`)).toBe(false);
      expect(existsSync(link("self", "demo") ?? "")).toBe(true);
      await done("project", "recover", "team");
      await enter();
    },
    2 * MINUTES,
  );

  test(
    "gc and prune leave no link to an environment that they took",
    async () => {
      await using home = await tempHome({ mode });
      const link = `${home.root}/.links/self/demo`;
      await home.write(".config/starwhale/config.yaml", "version: '2.0'\nswcli: {limits: {envs_size: 1}}\n");
      await buildRuntime(home, "demo");
      for (const words of [
        ["env", "prune"],
        ["gc", "--yes", "--envs"],
      ]) {
        await home.run(["runtime", "run", "demo", "--", "true"]);
        const prefix = targetOf(link) ?? "";
        // Activated just now: its last use is set back.
        for (let tries = 0; tries < 300 && existsSync(prefix); tries++) {
          const past = new Date(Date.now() - 3_600_000);
          for (const used of readdirSync(`${home.root}/.envs`).filter((name) => name.endsWith(".used")))
            utimesSync(`${home.root}/.envs/${used}`, past, past);
          await home.run(words);
          await Bun.sleep(100);
        }
        expect([existsSync(prefix), targetOf(link)]).toEqual([false, undefined]);
      }
    },
    2 * MINUTES,
  );
});
