import { expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { requireFormat, STORE_FORMAT } from "#core/store/format.ts";
import { storeHome } from "./store-home.ts";

const FORMAT = "root/.store/v1/format";

test("a query leaves a fresh machine as it is, an operation marks the store", async () => {
  await using home = await storeHome();
  await requireFormat(home.ctx, false);
  expect(await Bun.file(`${home.dir}/${FORMAT}`).exists()).toBe(false);
  await requireFormat(home.ctx, true);
  expect(await readFile(`${home.dir}/${FORMAT}`, "utf8")).toBe(`${STORE_FORMAT}\n`);
  await requireFormat(home.ctx, true);
});

test("a newer format is refused also when it comes after the first look", async () => {
  await using home = await storeHome();
  await requireFormat(home.ctx, true);
  await requireFormat(home.ctx, false);
  await home.write(FORMAT, `${STORE_FORMAT + 1}\n`);
  await expect(requireFormat(home.ctx, false)).rejects.toMatchObject({ code: "FORMAT_TOO_NEW" });
  await expect(requireFormat(home.ctx, true)).rejects.toMatchObject({ code: "FORMAT_TOO_NEW" });
});

test("a mark that is no number is damage, not a newer format", async () => {
  await using home = await storeHome();
  for (const text of ["", "one\n", "0\n", "-1\n"]) {
    await home.write(FORMAT, text);
    await expect(requireFormat(home.ctx, false)).rejects.toMatchObject({ code: "STORE_DAMAGED" });
  }
});
