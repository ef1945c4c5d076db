/** `runtime info --bundle FILE`: what is in a package file, without bringing it in. */
import { expect, test } from "bun:test";
import { truncate } from "node:fs/promises";
import { bothModes } from "../helpers/home.ts";
import { builtDemo, OWN_ARCH } from "./bundled.ts";

bothModes((mode) => {
  test("version, members and what a bundle carries are shown, and nothing is brought in", async () => {
    await using demo = await builtDemo(mode);
    await demo.bundle(["--platform", OWN_ARCH]);
    const show = async (file: string, ...more: string[]) =>
      await demo.home.run([...more, "runtime", "info", "--bundle", file]);
    await demo.home.run(["runtime", "copy", "demo", "plain.swrt"]);
    await demo.home.run(["runtime", "remove", "-f", "demo"]);
    const { json } = await show("demo.swrt", "-o", "json");
    expect(json).toMatchObject({
      file: demo.file,
      version: demo.version,
      platforms: [`linux-${OWN_ARCH}`],
      carried: 2,
    });
    expect(json.manifest.version).toBe(demo.version);
    expect(json.entries.map(({ path }: { path: string }) => path)).toContain(
      "bundle/wheels/revpkg-1.0-py3-none-any.whl",
    );
    expect((await show("demo.swrt")).stdout).toMatch(
      new RegExp(`Carries +2 files of its lock \\(linux-${OWN_ARCH}\\)`),
    );
    expect((await show("plain.swrt", "-o", "json")).json).toMatchObject({ platforms: [], carried: 0 });
    expect((await show("plain.swrt")).stdout).not.toContain("Carries");
    expect((await demo.home.run(["-o", "json", "runtime", "list"])).json).toEqual([]);
  }, 60_000);

  test("no file is exit 3, a cut one exit 1", async () => {
    await using demo = await builtDemo(mode);
    await demo.bundle();
    const info = ["-o", "json", "runtime", "info", "--bundle"];
    expect(await demo.home.run([...info, "nowhere.swrt"])).toMatchObject({ exitCode: 3 });
    await truncate(demo.file, Math.floor(Bun.file(demo.file).size / 2));
    expect((await demo.home.run([...info, demo.file])).json).toMatchObject({ error: { code: "PACKAGE_INVALID" } });
  }, 60_000);
});
