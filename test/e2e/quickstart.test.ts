/** A first runtime.yaml from what a folder holds, and a folder from an existing runtime. */
import { expect, test } from "bun:test";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bothModes, tempHome } from "../helpers/home.ts";
import { GOLDENS, golden } from "./golden.ts";

const [SIMPLE, FULL] = GOLDENS;

bothModes((mode) => {
  test("the yaml names what is in the folder, is commented, and builds", async () => {
    await using home = await tempHome({ mode });
    const dir = await home.project({
      "requirements.txt": "# none yet\n",
      "requirements-dev.txt": "pytest\n",
      ".python-version": "3.11.4\n",
      "pyproject.toml": '[project]\nname = "My Project"\ndependencies = ["unused"]\n',
    });
    const made = await home.run(["-o", "json", "runtime", "quickstart", "shell", dir]);
    expect(made).toMatchObject({ exitCode: 0, json: { name: "My-Project", mode: "venv", uri: null } });
    const text = await readFile(join(dir, "runtime.yaml"), "utf8");
    expect(text).toMatch(/^name: My-Project$/m);
    expect(text).toMatch(/^ {2}python: '3\.11'$/m);
    expect(text).toMatch(/^ {2}- requirements\.txt$/m);
    expect(text).toMatch(/^ {2}# - requirements-dev\.txt$/m);
    expect(text).not.toContain("unused");
    expect((await home.run(["runtime", "build", "-del"], { cwd: dir })).exitCode).toBe(0);
    expect((await readdir(dir)).sort()).toEqual(
      [".python-version", "pyproject.toml", "requirements-dev.txt", "requirements.txt", "runtime.yaml"].sort(),
    );
  }, 60_000);

  test("a runtime.yaml that is there stays, unless -f says otherwise", async () => {
    await using home = await tempHome({ mode });
    const dir = await home.project({ "runtime.yaml": "name: mine\n" });
    const refused = await home.run(["-o", "json", "runtime", "qs", "shell"], { cwd: dir });
    expect(refused).toMatchObject({ exitCode: 4, json: { error: { code: "EXISTS" } } });
    expect(await readFile(join(dir, "runtime.yaml"), "utf8")).toBe("name: mine\n");
    expect((await home.run(["runtime", "qs", "shell", "-f", "-n", "other"], { cwd: dir })).exitCode).toBe(0);
    expect(await readFile(join(dir, "runtime.yaml"), "utf8")).toContain("name: other");
  }, 30_000);

  test("a folder from a runtime has its files where the yaml names them, under a new name, and can be built", async () => {
    await using home = await tempHome({ mode });
    await home.run(["runtime", "import", golden(FULL.folder, `${FULL.id}.swrt`)]);
    const started = await home.run(["-o", "json", "runtime", "quickstart", "uri", "Demo-Full", "next", "-dr"]);
    expect(started).toMatchObject({ exitCode: 0, json: { name: "next", mode: "venv" } });
    const dir = join(home.dir, "next");
    for (const file of ["requirements.txt", "conda.yaml", "scripts/prepare.sh", "scripts/sub/a.txt"]) {
      expect((await stat(join(dir, file))).isFile()).toBe(true);
    }
    expect(await Bun.file(join(dir, "dummy-0.0.0-py3-none-any.whl")).exists()).toBe(true);
    const yaml = await readFile(join(dir, "runtime.yaml"), "utf8");
    const original = await readFile(golden(FULL.folder, "input-runtime.yaml"), "utf8");
    expect(yaml).toBe(original.replace("name: Demo-Full", "name: next"));
    expect((await home.run(["runtime", "build", "-del"], { cwd: dir })).exitCode).toBe(0);
  }, 60_000);

  test("a file that is in the way stops everything and is named; with -f it is replaced and others stay", async () => {
    await using home = await tempHome({ mode });
    await home.run(["runtime", "import", golden(SIMPLE.folder, `${SIMPLE.id}.swrt`)]);
    const dir = await home.project({ "runtime.yaml": "name: mine\n", "notes.txt": "notes\n" });
    const start = (...more: string[]) =>
      home.run(["-o", "json", "runtime", "quickstart", "uri", "demo3", dir, "-n", "mine", "-dr", ...more]);
    const refused = await start();
    expect(refused).toMatchObject({ exitCode: 4, json: { error: { code: "EXISTS" } } });
    expect(refused.json.error.message).toContain("runtime.yaml");
    expect((await readdir(dir)).sort()).toEqual(["notes.txt", "runtime.yaml"]);
    expect((await start("-f")).exitCode).toBe(0);
    expect(await readFile(join(dir, "runtime.yaml"), "utf8")).toContain("packaging");
    expect(await readFile(join(dir, "notes.txt"), "utf8")).toBe("notes\n");
  }, 30_000);
});

test("a pyproject.toml or a conda file alone is enough", async () => {
  await using home = await tempHome({ mode: "in-process" });
  const project = await home.project({
    "pyproject.toml": '[project]\nname = "mine"\nrequires-python = ">=3.9,<3.10"\ndependencies = ["six>=1", "click"]\n',
  });
  expect((await home.run(["runtime", "quickstart", "shell", project])).exitCode).toBe(0);
  const yaml = await readFile(join(project, "runtime.yaml"), "utf8");
  expect(yaml).toMatch(/- pip:\n {6}- six>=1\n {6}- click\n/);
  expect(yaml).toContain("python: '3.9'");
  const conda = await home.project({ "environment.yml": "dependencies: [zlib]\n" });
  await home.run(["runtime", "quickstart", "shell", conda]);
  expect(await readFile(join(conda, "runtime.yaml"), "utf8")).toMatch(/^mode: conda$[\s\S]*^ {2}- environment\.yml$/m);
  const broken = await home.project({ "pyproject.toml": "[project\n" });
  expect((await home.run(["runtime", "quickstart", "shell", broken])).exitCode).toBe(2);
  await writeFile(join(home.dir, "plain"), "");
  expect((await home.run(["runtime", "quickstart", "shell", join(home.dir, "plain")])).exitCode).toBe(2);
}, 60_000);
