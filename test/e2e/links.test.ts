/** The stable link of a runtime, for editors and notebooks: it leads to the environment of the latest version, always. */
import { expect, test } from "bun:test";
import { readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
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
});
