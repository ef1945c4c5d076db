/** Environments of project managers, made by the real tools: locked with the project itself, restored, left as they were. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { type PackageIndex, servePackages } from "../servers/package-index.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";
import { LIST, stateOf, uvProgram } from "./env-state.ts";

const LONG = 300_000;
const build = ["runtime", "build", "--prepare", "no", "-n", "demo"];

interface Manager {
  /** What `uv tool run` is given. */
  tool: string[];
  backend: [requirement: string, module: string];
  /** Of pyproject.toml: where packages come from. */
  source: (url: string) => string;
  install: string[];
  /** Prints the environment's folder. */
  where: string[];
}

const MANAGERS: Record<string, Manager> = {
  poetry: {
    tool: ["poetry"],
    backend: ["poetry-core", "poetry.core.masonry.api"],
    source: (url) => `[[tool.poetry.source]]\nname = "own"\nurl = "${url}/"\npriority = "primary"\n`,
    install: ["install", "--no-interaction"],
    where: ["env", "info", "--path"],
  },
  pdm: {
    // Its newer versions don't fit to those of its libraries that a resolver chooses.
    tool: ["--with", "unearth==0.17.5", "--with", "hishel==0.0.33", "--with", "httpx==0.27.2", "pdm==2.22.4"],
    backend: ["pdm-backend", "pdm.backend"],
    source: (url) => `[[tool.pdm.source]]\nname = "own"\nurl = "${url}"\n`,
    install: ["install"],
    where: ["info", "--python"],
  },
  hatch: {
    tool: ["hatch"],
    backend: ["hatchling", "hatchling.build"],
    source: () => "",
    install: ["env", "create"],
    where: ["env", "find"],
  },
};

async function projectOf(home: Home, { backend, source }: Manager, index: PackageIndex): Promise<string> {
  const project = `[project]\nname = "own-thing"\nversion = "0.4"\nrequires-python = ">=3.10"\ndependencies = ["pkg-a==1.0", "pkg-b"]\n`;
  const system = `[build-system]\nrequires = ["${backend[0]}"]\nbuild-backend = "${backend[1]}"\n`;
  const files = { "pyproject.toml": project + system + source(index.url), "own_thing/__init__.py": "VALUE = 4\n" };
  return await home.project(files);
}

for (const [name, manager] of Object.entries(MANAGERS)) {
  test(
    `an environment made by ${name} is locked with its editable project, restores to the same, and is left as it was`,
    async () => {
      await using home = await tempHome({ mode: "in-process" });
      const wheels = ["pkg-a 1.0", "pkg-a 2.0", "pkg-b 1.5"].map(async (text) => {
        const [pkg = "", version] = text.split(" ");
        return await makeWheel(join(home.dir, "wheels"), { name: pkg, version });
      });
      await using index = await servePackages(await Promise.all(wheels));
      const project = await projectOf(home, manager, index);
      const env = { PIP_EXTRA_INDEX_URL: index.url };
      const uv = await uvProgram(home);
      const run = async (args: string[]) =>
        await home.exec([uv, "tool", "run", "-q", ...manager.tool, ...args], { cwd: project, env, timeoutMs: LONG });
      expect(await run(manager.install)).toMatchObject({ exitCode: 0 });
      const prefix = (await run(manager.where)).stdout.trim().replace(/\/bin\/python.*$/, "");
      const before = [await stateOf(prefix), await stateOf(project)];
      const installed = (await home.exec([`${prefix}/bin/python`, "-B", "-c", LIST])).stdout;
      expect(installed).toContain("'own-thing==0.4', ");
      expect(installed).toContain("'pkg-a==1.0', 'pkg-b==1.5'");

      const refused = await home.run([...build, "-v", prefix], { env });
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toContain(`own-thing 0.4: editable, from ${project}`);
      expect(await home.run([...build, "-v", prefix, "-ie"], { env })).toMatchObject({ exitCode: 0 });
      expect([await stateOf(prefix), await stateOf(project)]).toEqual(before);
      const restored = await home.run(["runtime", "run", "demo", "--", "python", "-c", LIST], { env });
      expect(restored.stdout).toBe(installed);
    },
    LONG,
  );
}
