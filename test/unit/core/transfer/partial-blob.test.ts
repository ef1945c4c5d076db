/** A content that two fetch at once is fetched once. */
import { expect, test } from "bun:test";
import { sha256Hex } from "#core/platform/digest.ts";
import { namesIn } from "#core/platform/folder.ts";
import { hasBlob } from "#core/store/blobs.ts";
import { openPartial } from "#core/transfer/partial-blob.ts";
import { storeHome } from "../store/store-home.ts";

const BYTES = new TextEncoder().encode("first part, second part");
const WANT = { sha256: sha256Hex(BYTES), size: BYTES.length, partSize: 12 };

test("who comes while another fetches waits, and finds the content there", async () => {
  await using home = await storeHome();
  const first = await openPartial(home.ctx, WANT);
  const second = openPartial(home.ctx, WANT);
  await first.append(BYTES.subarray(0, 12));
  await first.append(BYTES.subarray(12));
  await first.close();
  const found = await second;
  expect(found.partsThere).toBe(2);
  await found.publish();
  await found.close();
  expect(await hasBlob(home.ctx, WANT.sha256)).toBe(true);
  expect(await namesIn(`${home.ctx.paths.cache}/partial`)).toEqual([]);
});

test("who comes while another is being ended goes on where that one stopped", async () => {
  await using home = await storeHome();
  const first = await openPartial(home.ctx, WANT);
  const second = openPartial(home.ctx, WANT);
  await first.append(BYTES.subarray(0, 12));
  await first.close();
  const rest = await second;
  expect(rest.partsThere).toBe(1);
  await rest.append(BYTES.subarray(12));
  await rest.close();
  expect(await hasBlob(home.ctx, WANT.sha256)).toBe(true);
});
