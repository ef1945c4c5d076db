import { expect, test } from "bun:test";
import { base32, canonicalJson, sha256File, sha256Hex } from "#core/platform/digest.ts";
import { storeHome } from "../store/store-home.ts";

test("digests are those that sha256sum says, of text, of bytes and of a file in many pieces", async () => {
  await using home = await storeHome();
  const bytes = Buffer.alloc(1_000_003, "ü swcli ");
  const path = await home.write("large", bytes);
  const said = Bun.spawnSync(["sha256sum", path]).stdout.toString().slice(0, 64);
  expect(await sha256File(path)).toEqual({ hex: said, size: 1_000_003 });
  expect(sha256Hex(bytes)).toBe(said);
  expect(sha256Hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(await sha256File(await home.write("empty", ""))).toEqual({ hex: sha256Hex(""), size: 0 });
});

// RFC 4648, section 10, in lower case and without padding.
test.each([
  ["", ""],
  ["f", "my"],
  ["fo", "mzxq"],
  ["foo", "mzxw6"],
  ["foob", "mzxw6yq"],
  ["fooba", "mzxw6ytb"],
  ["foobar", "mzxw6ytboi"],
])("base32 of %p is the standard's", (text, expected) => {
  expect(base32(new TextEncoder().encode(text))).toBe(expected);
});

test("every bit of a digest counts in base32, also of the highest bytes", () => {
  const bytes = new Uint8Array(32).fill(255);
  expect(base32(bytes)).toBe(`${"7".repeat(51)}q`);
  const texts = new Set([base32(bytes)]);
  for (let bit = 0; bit < 256; bit++) {
    const other = bytes.slice();
    other[bit >> 3] = 255 ^ (1 << (bit & 7));
    texts.add(base32(other));
  }
  expect(texts.size).toBe(257);
});

test("equal values give one text however they were put together; different ones do not", () => {
  const one = canonicalJson({ b: [1, { y: null, x: "ü" }], a: undefined, c: false });
  const two = canonicalJson({ c: false, b: [1, { x: "ü", y: null }] });
  expect(one).toBe('{"b":[1,{"x":"ü","y":null}],"c":false}');
  expect(two).toBe(one);
  const others = [[1, 2], [2, 1], ["1", 2], [[1], 2], [[1, 2]], { a: 1 }, { a: "1" }, { a: null }, {}, [], "", null];
  expect(new Set(others.map(canonicalJson)).size).toBe(others.length);
});
