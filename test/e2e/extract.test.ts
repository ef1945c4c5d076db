/** What comes out of a runtime is what went in, only where it may lie, and it can be built again. */
import { expect, test } from "bun:test";
import { chmod, lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { GOLDENS, golden } from "./golden.ts";

bothModes((mode) => {
  for (const { folder, id, name } of GOLDENS) {
    test(`every member of the Python client's ${folder} comes out as tar gives it`, async () => {
      await using home = await tempHome({ mode });
      const file = golden(folder, `${id}.swrt`);
      expect((await home.run(["runtime", "import", file])).exitCode).toBe(0);
      const out = join(home.dir, "out");
      const extracted = await home.run(["runtime", "extract", name, "--target-dir", "out"]);
      expect(extracted).toMatchObject({ exitCode: 0, stdout: `${out}\n` });
      const byTar = join(home.dir, "tar");
      await mkdir(byTar);
      await home.exec(["tar", "-xpf", file, "-C", byTar]);
      expect(await tree(out)).toEqual(await tree(byTar));
    }, 30_000);
  }

  test("modes, links and empty folders come out as they went in, and building that again changes nothing", async () => {
    await using home = await tempHome({ mode });
    const dir = await rich(home);
    const built = await home.run(["-o", "json", "runtime", "build", "-del"], { cwd: dir });
    expect(built.exitCode).toBe(0);
    const { stdout } = await home.run(["runtime", "extract", "rich"]);
    const path = stdout.trim();
    expect(path).toBe(defaultTarget(home, "rich", built.json.version));
    expect(await tree(join(path, "files/data"))).toEqual(await tree(join(dir, "data")));
    expect(await readFile(join(path, "dependencies/sub/more.txt"), "utf8")).toBe("six\n");
    const again = await home.run(["-o", "json", "runtime", "build", "-del"], { cwd: path });
    expect(again.json).toMatchObject({ version: built.json.version, unchanged: true });
  }, 60_000);

  test("what is changed in an extracted runtime counts when it is built again", async () => {
    await using home = await tempHome({ mode });
    const dir = await rich(home);
    const built = await home.run(["-o", "json", "runtime", "build", "-del"], { cwd: dir });
    const path = (await home.run(["runtime", "extract", "rich"])).stdout.trim();
    await writeFile(join(path, "files/data/run.sh"), "#!/bin/sh\necho other\n");
    await writeFile(join(path, "extra.txt"), "extra\n");
    const yaml = await readFile(join(path, "runtime.yaml"), "utf8");
    await writeFile(
      join(path, "runtime.yaml"),
      `${yaml}  - files:\n      - src: extra.txt\n        dest: etc/extra.txt\n`,
    );
    const again = await home.run(["-o", "json", "runtime", "build", "-del"], { cwd: path });
    expect(again.exitCode).toBe(0);
    expect(again.json.version).not.toBe(built.json.version);
    await home.run(["runtime", "extract", "rich", "--target-dir", "next"]);
    expect(await readFile(join(home.dir, "next/files/data/run.sh"), "utf8")).toContain("other");
    expect(await readFile(join(home.dir, "next/files/extra.txt"), "utf8")).toBe("extra\n");
  }, 60_000);

  test("an extracted runtime is replaced with -f only, and nothing else is even then", async () => {
    await using home = await tempHome({ mode });
    await home.run(["runtime", "import", golden("g01-yaml-simple", `${GOLDENS[0].id}.swrt`)]);
    const target = join(home.dir, "there");
    const extract = (...more: string[]) =>
      home.run(["-o", "json", "runtime", "extract", "demo3", "--target-dir", target, ...more]);
    await mkdir(target);
    expect((await extract()).json).toMatchObject({ path: target, name: "demo3", version: GOLDENS[0].id });
    await writeFile(join(target, "mine.txt"), "");
    expect(await extract()).toMatchObject({ exitCode: 4, json: { error: { code: "EXISTS" } } });
    expect(await readdir(target)).toContain("mine.txt");
    expect((await extract("-f")).exitCode).toBe(0);
    expect(await readdir(target)).not.toContain("mine.txt");
    expect(await readdir(home.dir)).not.toContainEqual(expect.stringMatching(/^\.swcli/));
  }, 30_000);

  test("a folder that is no extracted runtime stays, also with -f", async () => {
    await using home = await tempHome({ mode });
    await home.run(["runtime", "import", golden("g01-yaml-simple", `${GOLDENS[0].id}.swrt`)]);
    const mine = await home.project({ "runtime.yaml": "name: mine\n", "a.txt": "a\n" });
    const other = await home.project({ "_manifest.yaml": "just: text\n", "runtime.yaml": "name: x\n" });
    const file = await home.write("plain.txt", "plain\n");
    for (const target of [mine, other, file]) {
      const result = await home.run(["-o", "json", "runtime", "extract", "-f", "demo3", "--target-dir", target]);
      expect(result).toMatchObject({ exitCode: 4, json: { error: { code: "EXISTS" } } });
    }
    expect(await readFile(join(mine, "a.txt"), "utf8")).toBe("a\n");
    expect(await readFile(file, "utf8")).toBe("plain\n");
  }, 30_000);
});

test("a workdir in which the Python client keeps an environment is never replaced", async () => {
  await using home = await tempHome({ mode: "in-process" });
  await home.run(["runtime", "import", golden("g01-yaml-simple", `${GOLDENS[0].id}.swrt`)]);
  const path = (await home.run(["runtime", "extract", "demo3"])).stdout.trim();
  await mkdir(join(path, "export/venv"), { recursive: true });
  expect((await home.run(["runtime", "extract", "-f", "demo3"])).exitCode).toBe(4);
  expect(await readdir(path)).toContain("export");
}, 30_000);

test("a removed version can't be extracted", async () => {
  await using home = await tempHome({ mode: "in-process" });
  await home.run(["runtime", "import", golden("g01-yaml-simple", `${GOLDENS[0].id}.swrt`)]);
  expect((await home.run(["runtime", "remove", "demo3"])).exitCode).toBe(0);
  expect((await home.run(["runtime", "extract", "demo3"])).exitCode).toBe(3);
}, 30_000);

const defaultTarget = (home: Home, name: string, id: string) =>
  join(home.root, "self/workdir/runtime", name, id.slice(0, 2), id);

/** Files of both modes, links, an empty folder, an included requirement file. Needs no index (built with -del). */
async function rich(home: Home): Promise<string> {
  const dir = await home.project({
    "runtime.yaml":
      "name: rich\nenvironment:\n  python: '3.11'\ndependencies:\n  - requirements.txt\n  - files:\n      - src: data\n        dest: data\n",
    "requirements.txt": "-r sub/more.txt\n",
    "sub/more.txt": "six\n",
    "data/run.sh": "#!/bin/sh\necho one\n",
    "data/plain.txt": "plain\n",
  });
  await chmod(join(dir, "data/run.sh"), 0o755);
  await mkdir(join(dir, "data/empty"));
  await symlink("run.sh", join(dir, "data/link"));
  return dir;
}

/** Path, kind, mode and content or target of everything below. */
async function tree(dir: string): Promise<string[]> {
  const paths = (await readdir(dir, { recursive: true })).sort();
  return await Promise.all(
    paths.map(async (path) => {
      const info = await lstat(join(dir, path));
      if (info.isSymbolicLink()) return `${path} -> ${await readlink(join(dir, path))}`;
      const mode = (info.mode & 0o777).toString(8);
      return info.isDirectory() ? `${path}/ ${mode}` : `${path} ${mode} ${await readFile(join(dir, path), "base64")}`;
    }),
  );
}
