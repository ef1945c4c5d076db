import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { buildSmall } from "./small-runtime.ts";

async function project(home: Home, ...args: string[]) {
  const ran = await home.run(["-o", "json", "project", ...args]);
  return { code: ran.exitCode, json: ran.json, error: ran.json?.error?.code };
}

const names = async (home: Home, ...args: string[]): Promise<string[]> =>
  (await project(home, "list", ...args)).json.map((row: { name: string }) => row.name);

bothModes((mode) => {
  test("a project is made, selected, filled, and is where builds go", async () => {
    await using home = await tempHome({ mode });
    expect(await names(home)).toEqual(["self"]);
    expect((await project(home, "create", "Foo")).json).toMatchObject({ name: "Foo", in_use: false });
    expect(existsSync(join(home.root, "Foo"))).toBe(true);
    expect((await project(home, "add", "Foo")).error).toBe("EXISTS");
    expect((await project(home, "use", "Foo")).json).toMatchObject({ name: "Foo", in_use: true });
    await buildSmall(home, "a", "1.0");
    const [row] = (await home.run(["-o", "json", "runtime", "list"])).json;
    expect(row).toMatchObject({ name: "a", project: "Foo" });
    const { json } = await project(home, "info");
    expect(json).toMatchObject({ name: "Foo", location: join(home.root, "Foo"), runtimes: 1, versions: 1 });
    expect(json.created_at).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect((await project(home, "select", "nowhere")).code).toBe(3);
    expect((await project(home, "create", "9x")).code).toBe(2);
  });

  test("a removed project hides its runtimes from every verb, and comes back whole", async () => {
    await using home = await tempHome({ mode });
    await project(home, "create", "p");
    await project(home, "select", "p");
    await buildSmall(home, "a", "1.0", { args: ["-t", "x"] });
    expect((await project(home, "rm", "p")).json).toMatchObject({ removed: true });
    // The selected one has gone; the default one takes its place.
    expect((await project(home, "info")).json).toMatchObject({ name: "self", in_use: true });
    expect(await names(home)).toEqual(["self"]);
    expect(await names(home, "-sr")).toEqual(["self", "p"]);
    const uri = "local/project/p/runtime/a";
    for (const args of [
      ["info", uri],
      ["tag", uri, "y"],
      ["rm", uri],
      ["history", uri],
      ["list", "-p", "p"],
    ]) {
      const ran = await home.run(["-o", "json", "runtime", ...args]);
      expect([args[0], ran.json.error?.code]).toEqual([args[0], "PROJECT_NOT_FOUND"]);
    }
    expect((await project(home, "create", "p")).error).toBe("EXISTS");
    expect((await project(home, "recover", "p")).code).toBe(0);
    const [row] = (await home.run(["-o", "json", "runtime", "list", "-p", "p"])).json;
    expect(row).toMatchObject({ name: "a", tags: ["latest", "v0", "x"] });
    expect((await project(home, "recover", "p")).error).toBe("EXISTS");
    expect((await project(home, "recover", "q")).error).toBe("PROJECT_NOT_FOUND");
    expect((await project(home, "remove", "self")).error).toBe("USAGE");
  });

  test("what the Python client has in a removed project stays on the disk, also after gc", async () => {
    await using home = await tempHome({ mode });
    const theirs = join(home.root, "p", "model");
    await mkdir(theirs, { recursive: true });
    await writeFile(join(theirs, "data"), "x");
    expect(await names(home)).toEqual(["p", "self"]);
    await project(home, "remove", "p");
    expect((await home.run(["gc", "--yes"])).exitCode).toBe(0);
    expect(existsSync(join(theirs, "data"))).toBe(true);
    expect(await names(home, "-sr")).toEqual(["self"]);
    expect((await project(home, "create", "p")).code).toBe(0);
    expect(await names(home)).toEqual(["p", "self"]);
  });
});
