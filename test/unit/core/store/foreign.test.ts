import { expect, test } from "bun:test";
import { findForeign, foreignNames, foreignProjects, foreignStamp, readForeign } from "#core/store/foreign.ts";
import { versionOf } from "../../../helpers/package.ts";
import { storeHome } from "./store-home.ts";

const A = versionOf("a");
const file = (name: string, id: string) => `root/self/runtime/${name}/${id.slice(0, 2)}/${id}.swrt`;

test("a store without the other client has no stamp, no names, no projects", async () => {
  await using home = await storeHome();
  expect(foreignStamp(home.ctx, "self")).toBe("");
  expect(foreignStamp(home.ctx, "self", "demo")).toBe("");
  expect(foreignNames(home.ctx, "self")).toEqual([]);
  expect(foreignProjects(home.ctx)).toEqual([]);
  expect(await readForeign(home.ctx, "self", "demo")).toBeUndefined();
});

test("only packages in their place count: no removed ones, no strange names, no folders", async () => {
  await using home = await storeHome();
  await home.write(file("demo", A), "12345");
  await home.write(file(".recover/demo", versionOf("b")), "x");
  await home.write(`root/self/runtime/demo/zz/${A}.swrt`, "elsewhere");
  await home.write(`root/self/runtime/demo/${A.slice(0, 2)}/${A}.swrt.tmp`, "half");
  await home.write(`root/self/runtime/demo/${A.slice(0, 2)}/UPPER.swrt`, "x");
  await home.write(`root/.tmp/runtime/demo/${A.slice(0, 2)}/${A}.swrt`, "x");
  expect(foreignProjects(home.ctx)).toEqual(["self"]);
  expect(foreignNames(home.ctx, "self")).toEqual(["demo"]);
  const found = await readForeign(home.ctx, "self", "demo");
  expect(found).toMatchObject({ versions: [{ id: A, size: 5 }], tags: {}, seq: -1 });
  expect(findForeign(home.ctx, A)).toBe(`${home.dir}/${file("demo", A)}`);
  expect(findForeign(home.ctx, versionOf("b"))).toBeUndefined();
  expect(findForeign(home.ctx, "../../etc/passwd")).toBeUndefined();
});

test("a changed table is read again, an unreadable one gives no tags", async () => {
  await using home = await storeHome();
  await home.write(file("demo", A), "12345");
  const table = "root/self/runtime/demo/_manifest.yaml";
  await home.write(table, `fast_tag_seq: 3\ntags: {latest: ${A}, "../x": ${A}, good: no/id}\nversions: {}\n`);
  const before = foreignStamp(home.ctx, "self", "demo");
  expect(await readForeign(home.ctx, "self", "demo")).toMatchObject({ tags: { latest: A }, seq: 3 });
  await home.write(table, ": [broken");
  expect(foreignStamp(home.ctx, "self", "demo")).not.toBe(before);
  expect(await readForeign(home.ctx, "self", "demo")).toMatchObject({ tags: {}, seq: -1 });
});
