/** Package files come in whole and checked, under their own version, or not at all. */
import { expect, test } from "bun:test";
import { copyFile, mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { GOLDENS, golden } from "./golden.ts";

bothModes((mode) => {
  for (const { folder, id, name } of GOLDENS) {
    test(`the Python client's package ${folder} keeps its version and gets its name from inside`, async () => {
      await using home = await tempHome({ mode });
      const made = await home.run(["-o", "json", "runtime", "import", golden(folder, `${id}.swrt`)]);
      expect(made.json).toMatchObject({ name, version: id, tags: ["latest", "v0"], project: "self", unchanged: false });
      const info = await home.run(["-o", "json", "runtime", "info", name]);
      expect(info.json).toMatchObject({ basic: { version: id, name } });
      expect(await rows(home)).toEqual([`${name} ${id}`]);
    }, 30_000);
  }

  test("--name and --project say where a package goes", async () => {
    await using home = await tempHome({ mode });
    const { folder, id } = GOLDENS[0]!;
    const file = golden(folder, `${id}.swrt`);
    const made = await home.run(["-o", "json", "runtime", "import", file, "--name", "other", "-p", "team"]);
    expect(made.json).toMatchObject({ name: "other", project: "team" });
    expect(await rows(home, ["-p", "team"])).toEqual([`other ${id}`]);
    expect(await rows(home)).toEqual([]);
  }, 30_000);

  test("the same package again is a conflict, and unchanged with -f", async () => {
    await using home = await tempHome({ mode });
    const { folder, id } = GOLDENS[0]!;
    const file = golden(folder, `${id}.swrt`);
    expect((await home.run(["runtime", "import", file])).exitCode).toBe(0);
    const again = await home.run(["-o", "json", "runtime", "import", file]);
    expect(again).toMatchObject({ exitCode: 4, json: { error: { code: "EXISTS" } } });
    expect((await home.run(["-o", "json", "runtime", "import", "-f", file])).json).toMatchObject({ unchanged: true });
  }, 30_000);

  test("a package that is cut off, is none or names itself wrongly publishes nothing", async () => {
    await using home = await tempHome({ mode });
    const { folder, id } = GOLDENS[1]!;
    const cut = join(home.dir, "cut.swrt");
    await copyFile(golden(folder, `${id}.swrt`), cut);
    await truncate(cut, 9000);
    const text = await home.write("text.swrt", "hello\n");
    for (const file of [cut, text]) {
      const result = await home.run(["-o", "json", "runtime", "import", file]);
      expect(result).toMatchObject({ exitCode: 1, json: { error: { code: "PACKAGE_INVALID" } } });
    }
    const missing = await home.run(["-o", "json", "runtime", "import", "nowhere.swrt"]);
    expect(missing).toMatchObject({ exitCode: 3, json: { error: { code: "FILE_NOT_FOUND" } } });
    expect(await rows(home)).toEqual([]);
  }, 30_000);

  test("a file in a layout of the Python client is named by its folder, as after build -n", async () => {
    await using home = await tempHome({ mode });
    const { folder, id } = GOLDENS[0]!;
    const dir = join(home.dir, "backup/self/runtime/renamed", id.slice(0, 2));
    await mkdir(dir, { recursive: true });
    await copyFile(golden(folder, `${id}.swrt`), join(dir, `${id}.swrt`));
    const made = await home.run(["-o", "json", "runtime", "import", join(dir, `${id}.swrt`)]);
    expect(made.json).toMatchObject({ name: "renamed" });
  }, 30_000);
});

test("a file that is no package is named, whatever reads it", async () => {
  await using home = await tempHome({ mode: "in-process" });
  const file = await home.write("no.swrt", "no archive\n");
  for (const words of [
    ["import", file],
    ["copy", file, "."],
    ["info", "--bundle", file],
  ]) {
    const ran = await home.run(["runtime", ...words]);
    expect(ran).toMatchObject({ exitCode: 1 });
    expect(ran.stderr).toContain(`error: ${file} is no tar archive`);
  }
});

test("two packages of one id with other content are not mixed", async () => {
  await using home = await tempHome({ mode: "in-process" });
  const { folder, id } = GOLDENS[1]!;
  const file = golden(folder, `${id}.swrt`);
  expect((await home.run(["runtime", "import", file])).exitCode).toBe(0);
  const bytes = await readFile(file);
  const at = bytes.indexOf("#!/bin/sh") >= 0 ? bytes.indexOf("#!/bin/sh") : bytes.indexOf("echo");
  bytes[at] = "x".charCodeAt(0);
  const changed = resolve(home.dir, "changed.swrt");
  await writeFile(changed, bytes);
  const result = await home.run(["-o", "json", "runtime", "import", "-f", changed]);
  expect(result).toMatchObject({ exitCode: 1, json: { error: { code: "PACKAGE_INVALID" } } });
}, 30_000);

async function rows(home: Home, args: string[] = []): Promise<string[]> {
  const listed = await home.run(["-o", "json", "runtime", "list", ...args]);
  return listed.json.map((row: { name: string; version: string }) => `${row.name} ${row.version}`);
}
