/** Jupyter kernels of runtimes: what Jupyter reads, and that its command runs in the runtime. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { makePackage, versionOf } from "../helpers/package.ts";

const MINUTES = 60_000;
const YAML = "name: demo\nenvironment:\n  python: 3.11\ndependencies:\n  - pip:\n      - six\n";

bothModes((mode) => {
  test(
    "a kernel is added, listed and removed; its command is python in the runtime",
    async () => {
      await using home = await tempHome({ mode });
      const dir = await home.project({ "runtime.yaml": YAML });
      await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir });
      const env = { JUPYTER_DATA_DIR: `${home.dir}/jupyter` };
      const added = await home.run(["runtime", "kernel", "add", "demo", "--display-name", "My demo"], { env });
      expect(added.exitCode).toBe(0);
      expect(added.stderr).toContain("holds no ipykernel");
      const file = `${home.dir}/jupyter/kernels/swcli-self-demo/kernel.json`;
      const spec = JSON.parse(readFileSync(file, "utf8"));
      expect(spec).toMatchObject({ display_name: "My demo", language: "python" });
      expect(spec.argv.slice(-5)).toEqual(["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]);
      const ran = await home.exec([...spec.argv.slice(0, 5), "python", "-c", "import six, sys; print(sys.prefix)"]);
      expect(ran.stdout).toContain(`${home.root}/.envs/`);
      await home.write("jupyter/kernels/theirs/kernel.json", '{"display_name": "x"}');
      const listed = await home.run(["runtime", "kernel", "list", "-o", "json"], { env });
      expect(listed.json.map(({ name }: { name: string }) => name)).toEqual(["swcli-self-demo"]);
      expect((await home.run(["runtime", "kernel", "remove", "theirs"], { env })).exitCode).toBe(3);
      expect((await home.run(["runtime", "kernel", "remove", "demo"], { env })).exitCode).toBe(0);
      expect(existsSync(file)).toBe(false);
      expect(existsSync(`${home.dir}/jupyter/kernels/theirs`)).toBe(true);
    },
    MINUTES,
  );

  test(
    "a kernel finds its runtime when Jupyter was started without the variables that say where the store is",
    async () => {
      await using home = await tempHome({ mode });
      const config = await home.write("own/config.yaml", `version: '2.0'\nstorage: {root: ${home.root}}\n`);
      await withRuntimes(home, ["self", "demo"]);
      for (const variables of [
        { SW_LOCAL_STORAGE: home.root, SW_CLI_CONFIG: undefined },
        { SW_LOCAL_STORAGE: undefined, SW_CLI_CONFIG: config },
        { SW_LOCAL_STORAGE: undefined, SW_CLI_CONFIG: "own/config.yaml" },
      ]) {
        const { spec } = await add(home, "demo", variables);
        const [swcli = "", , , uri = ""] = spec.argv;
        const env = { SW_LOCAL_STORAGE: undefined, SW_CLI_CONFIG: undefined };
        const bare = await home.exec([swcli, "runtime", "info", uri], { env, cwd: "/" });
        expect(bare.exitCode).toBe(3);
        const given = await home.exec([swcli, "runtime", "info", uri], { env: { ...env, ...spec.env }, cwd: "/" });
        expect(given.exitCode).toBe(0);
        await home.exec([swcli, "daemon", "stop"], { env });
      }
    },
    MINUTES,
  );
});

test("runtimes whose names join alike, and a runtime of another store, each have a kernel of their own", async () => {
  await using home = await tempHome();
  await using other = await tempHome();
  await withRuntimes(home, ["a", "b-c"], ["a-b", "c"], ["self", "demo"], ["self", "Demo"]);
  await withRuntimes(other, ["self", "demo"]);
  const jupyter = { JUPYTER_DATA_DIR: `${home.dir}/jupyter` };
  const runtimes = ["a/runtime/b-c", "a-b/runtime/c", "self/runtime/demo", "self/runtime/Demo"];
  const added = [];
  for (const uri of runtimes) added.push(await add(home, uri, jupyter));
  added.push(await add(other, "demo", jupyter));
  const paths = added.map(({ path }) => path);
  expect(new Set(paths).size).toBe(5);
  expect(paths[0]).toEndWith("/swcli-a-b-c");
  expect((await add(home, "a-b/runtime/c", jupyter)).path).toBe(paths[1] ?? "");
  expect((await home.run(["runtime", "kernel", "remove", "a-b/runtime/c"], { env: jupyter })).exitCode).toBe(0);
  expect(paths.filter((path) => existsSync(path))).toEqual(paths.filter((_, i) => i !== 1));
});

test("a kernel of somebody else that has the name already stays", async () => {
  await using home = await tempHome();
  await withRuntimes(home, ["self", "demo"]);
  const theirs = await home.write("jupyter/kernels/swcli-self-demo/kernel.json", '{"display_name": "x", "argv": []}');
  const before = readFileSync(theirs, "utf8");
  const { path } = await add(home, "demo", { JUPYTER_DATA_DIR: `${home.dir}/jupyter` });
  expect(path).toMatch(/swcli-self-demo-[0-9a-f]{8}$/);
  expect(readFileSync(theirs, "utf8")).toBe(before);
});

/** Empty runtimes: what a kernel's name and command are made of. */
async function withRuntimes(home: Home, ...runtimes: [project: string, name: string][]): Promise<void> {
  for (const [project, name] of runtimes) {
    await home.run(["project", "create", project]);
    const file = await home.write("some.swrt", await makePackage({ version: versionOf(name), name }));
    const imported = await home.run(["runtime", "import", file, "--name", name, "--project", project, "--force"]);
    expect(imported).toMatchObject({ exitCode: 0 });
  }
}

async function add(home: Home, uri: string, env: Record<string, string | undefined>) {
  const added = await home.run(["runtime", "kernel", "add", uri, "-o", "json"], { env });
  expect(added).toMatchObject({ exitCode: 0 });
  const { path } = added.json;
  return { path: String(path), spec: JSON.parse(readFileSync(`${path}/kernel.json`, "utf8")) };
}
