import { expect, test } from "bun:test";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import type { Builder } from "#core/docker/buildx-builder.ts";
import { builtBeside, outputArgs } from "#core/docker/buildx-output.ts";
import { storeHome } from "../store/store-home.ts";
import { planOf } from "./subject.ts";

const BUILDER: Builder = { name: "b", driver: "remote", canRewrite: true, canAttest: true };

test("a place with commas, blanks and quotes is one field of the exporter's list", () => {
  const plan = planOf({ output: { kind: "docker-archive", path: '/a, "b"/x.tar' } });
  expect(outputArgs(plan, { ...BUILDER, canRewrite: false }, [])).toEqual([
    "--output",
    'type=docker,"dest=/a, ""b""/x.tar"',
  ]);
});

for (const kind of ["oci-layout", "docker-archive"] as const) {
  test(`${kind}: what is written appears at its end, without what the builder collected; a failure leaves nothing`, async () => {
    await using home = await storeHome();
    await mkdir(`${home.dir}/images`);
    const path = `${home.dir}/images/out`;
    const isFolder = kind === "oci-layout";
    const write = async (to: string) => {
      if (!isFolder) return await writeFile(to, "image");
      await mkdir(`${to}/ingest`);
      await writeFile(`${to}/index.json`, "{}");
    };
    const build = (fails: boolean) =>
      builtBeside(planOf({ output: { kind, path } }), async ({ output }) => {
        if (!("path" in output)) throw new Error("no place");
        await write(output.path);
        expect(await Bun.file(path).exists()).toBe(false);
        if (fails) throw new Error("it broke");
        return "built";
      });
    await expect(build(true)).rejects.toThrow("it broke");
    expect(await readdir(`${home.dir}/images`)).toEqual([]);
    expect(await build(false)).toBe("built");
    expect(await readdir(`${home.dir}/images`)).toEqual(["out"]);
    if (isFolder) expect(await readdir(path)).toEqual(["index.json"]);
  });
}
