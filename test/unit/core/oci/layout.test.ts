import { expect, test } from "bun:test";
import { mkdir, readdir } from "node:fs/promises";
import { type Layout, refuseTaken, writeLayout } from "#core/oci/layout.ts";
import { storeHome } from "../store/store-home.ts";

const layout = (dir: string): Layout => ({
  dir,
  manifests: [],
  blobs: [{ digest: `sha256:${"a".repeat(64)}`, bytes: new Uint8Array([1]) }],
});

/** A pid that nobody has any more. */
async function deadPid(): Promise<number> {
  const child = Bun.spawn(["true"]);
  await child.exited;
  return child.pid;
}

test("what a killed writer left goes with the next one; a living writer's and others' files stay", async () => {
  await using home = await storeHome();
  const top = `${home.dir}/images`;
  const dead = await deadPid();
  const left = [`out.${dead}-0a.tmp`, `out.${process.ppid}-0a.tmp`, "out.x.tmp", `outer.${dead}-0a.tmp`];
  for (const name of left) await mkdir(`${top}/${name}/blobs`, { recursive: true });
  await writeLayout(layout(`${top}/out`));
  expect((await readdir(top)).sort()).toEqual(["out", ...left.slice(1)].sort());
  expect((await readdir(`${top}/out`)).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
});

test("a folder with something in it, or a file, is taken; an empty one is not", async () => {
  await using home = await storeHome();
  await mkdir(`${home.dir}/empty`);
  await home.write("full/x", "x");
  await refuseTaken(`${home.dir}/empty`);
  await refuseTaken(`${home.dir}/absent`);
  for (const name of ["full", "full/x"]) {
    await expect(refuseTaken(`${home.dir}/${name}`)).rejects.toMatchObject({ code: "EXISTS" });
    await expect(writeLayout(layout(`${home.dir}/${name}`))).rejects.toMatchObject({ code: "EXISTS" });
  }
  expect((await readdir(home.dir)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});
