import { expect, test } from "bun:test";
import { type ExplicitLock, parseExplicit, renderExplicit } from "#core/conda/explicit-lock.ts";

const record = (name: string) => ({
  ...{ name, version: "1.0", build: "0", build_number: 0, subdir: "noarch", fn: `${name}-1.0-0.conda` },
  ...{ url: `https://c.example/noarch/${name}-1.0-0.conda`, channel: "https://c.example", depends: [], constrains: [] },
  sha256: "a".repeat(64),
});
const lock: ExplicitLock = {
  channels: ["https://c.example"],
  requested: ["zlib", "attrs"],
  variables: { A: "1" },
  platforms: { "linux-aarch64": [record("zlib")], "linux-64": [record("zlib"), record("attrs")] },
};

test("a lock is read back as it was written, and the order of packages and platforms leaves no trace", () => {
  const text = renderExplicit(lock);
  const back = parseExplicit(text);
  expect(back).toMatchObject({ ...lock, platforms: { "linux-64": [record("attrs"), record("zlib")] } });
  const { "linux-64": own = [], ...others } = lock.platforms;
  expect(renderExplicit({ ...lock, platforms: { "linux-64": own.toReversed(), ...others } })).toBe(text);
});

test("a lock without variables, as older ones are, has none", () => {
  const { variables: _, ...older } = JSON.parse(renderExplicit(lock));
  expect(parseExplicit(JSON.stringify(older)).variables).toEqual({});
});

test("a spec that was asked for with a login or token in it is written without", () => {
  const requested = ['x[channel="https://me:pw9@h/t/tk9/c/"]', "https://me:p,w9]@h/c::y"];
  const text = renderExplicit({ ...lock, requested });
  expect(text).not.toMatch(/pw9|tk9|w9/);
  expect(parseExplicit(text).requested).toEqual(['x[channel="https://h/c"]', "https://h/c::y"]);
});

test("what is no lock, names no hash or is of a newer swcli is refused", () => {
  const code = (text: string) => {
    try {
      parseExplicit(text);
    } catch (e) {
      return e;
    }
    return undefined;
  };
  expect(code("{")).toMatchObject({ code: "PACKAGE_INVALID" });
  expect(code('{"format":1}')).toMatchObject({ code: "PACKAGE_INVALID" });
  expect(code(renderExplicit(lock).replaceAll("a".repeat(64), "../../x"))).toMatchObject({ code: "PACKAGE_INVALID" });
  expect(code(renderExplicit(lock).replace('"format": 1', '"format": 2'))).toMatchObject({ code: "FORMAT_TOO_NEW" });
});
