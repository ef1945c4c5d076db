/** Jupyter kernels of runtimes: what Jupyter reads, and that its command runs in the runtime. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { bothModes, tempHome } from "../helpers/home.ts";

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
});
