import { expect, test } from "bun:test";
import { checkedPackage } from "#core/transfer/checked-package.ts";
import { makePackage, versionOf } from "../../../helpers/package.ts";

const VERSION = versionOf("x");
const CHUNK = 7000;

async function* pieces(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
}

async function through(bytes: Uint8Array, version = VERSION): Promise<{ got: Buffer; error: unknown }> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of checkedPackage(pieces(bytes), version)) parts.push(part.slice());
    return { got: Buffer.concat(parts), error: undefined };
  } catch (error) {
    return { got: Buffer.concat(parts), error };
  }
}

const whole = await makePackage({ version: VERSION, files: { a: "a".repeat(30_000), b: "b" } });

test("a sound package passes unchanged", async () => {
  const { got, error } = await through(whole);
  expect(error).toBeUndefined();
  expect(got).toEqual(Buffer.from(whole));
});

test("one that is cut off, another version or no package never arrives complete", async () => {
  const bad = [whole.subarray(0, 20_480), await makePackage({ version: versionOf("y") }), new Uint8Array(20_480)];
  for (const bytes of bad) {
    const { got, error } = await through(bytes);
    expect(error).toMatchObject({ code: "PACKAGE_INVALID" });
    expect(got.length).toBeLessThan(bytes.length);
  }
});

test("a failure of the other side is passed on as it is", async () => {
  async function* breaking() {
    yield whole.subarray(0, 9000);
    throw new Error("the line broke");
  }
  const reading = (async () => {
    for await (const _ of checkedPackage(breaking(), VERSION));
  })();
  await expect(reading).rejects.toThrow("the line broke");
});
