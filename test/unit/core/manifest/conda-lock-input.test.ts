import { expect, test } from "bun:test";
import { parseCondaLockInput } from "#core/manifest/conda-lock-input.ts";

const MD5 = "a".repeat(32);
const SHA = "b".repeat(64);
const FORGE = "https://c.example/forge";
const read = (text: string) => parseCondaLockInput(text, "theirs.lock");

test("what is no lock file of another tool is left to its own reader", () => {
  expect(read("dependencies: [python]\n")).toBeUndefined();
  expect(read("package: x\n")).toBeUndefined();
  expect(read("")).toBeUndefined();
});

test("an explicit list is for one platform, said or told by its addresses, with either kind of hash", () => {
  const lines = `# a comment\n@EXPLICIT\n${FORGE}/noarch/tzdata-1-0.conda#${MD5}\n${FORGE}/linux-aarch64/x-1-0.conda#sha256:${SHA.toUpperCase()}\n`;
  expect(read(lines)).toEqual({
    platforms: {
      "linux-aarch64": [
        { url: `${FORGE}/noarch/tzdata-1-0.conda`, md5: MD5, sha256: undefined, depends: [] },
        { url: `${FORGE}/linux-aarch64/x-1-0.conda`, md5: undefined, sha256: SHA, depends: [] },
      ],
    },
    pip: {},
  });
  expect(Object.keys(read(`# platform: osx-64\n${lines}`)?.platforms ?? {})).toEqual(["osx-64"]);
  expect(Object.keys(read(`@EXPLICIT\n${FORGE}/noarch/t-1-0.conda#${MD5}\n`)?.platforms ?? {})).toEqual(["linux-64"]);
});

test("a package that nothing proves is refused", () => {
  expect(() => read(`@EXPLICIT\n${FORGE}/noarch/t-1-0.conda\n`)).toThrow("t-1-0.conda has no hash");
  expect(() => read(`@EXPLICIT\n${FORGE}/noarch/t-1-0.conda#abc\n`)).toThrow("has no hash");
});

const condaLock = (packages: string) => `version: 1\nmetadata: {}\npackage:\n${packages}`;

test("conda-lock.yml gives each platform its packages, those of pip with their hashes", () => {
  const one = (name: string, platform: string, more = "") =>
    `  - { name: ${name}, version: 1.0, manager: conda, platform: ${platform}, url: '${FORGE}/${platform}/${name}-1.0-0.conda', hash: { md5: ${MD5}, sha256: ${SHA} }${more} }\n`;
  const pip = (platform: string) =>
    `  - { name: six, version: 1.16.0, manager: pip, platform: ${platform}, url: 'https://h/six.whl', hash: { sha256: ${SHA} } }\n`;
  const found = read(
    condaLock(
      one("a", "linux-64", ", dependencies: { b: '>=1', c: '' }") +
        one("a", "linux-aarch64") +
        pip("linux-64") +
        pip("linux-aarch64"),
    ),
  );
  expect(found?.platforms["linux-64"]).toEqual([
    { url: `${FORGE}/linux-64/a-1.0-0.conda`, md5: MD5, sha256: SHA, depends: ["b >=1", "c"] },
  ]);
  expect(found?.platforms["linux-aarch64"]).toHaveLength(1);
  const six = { requirement: "six==1.16.0", sha256: SHA };
  expect(found?.pip).toEqual({ "linux-64": [six], "linux-aarch64": [six] });
});

test("hashes and versions that look like numbers are taken as they are written", () => {
  const [zeros, digits] = ["0".repeat(64), "1".repeat(32)];
  const text = `  - { name: a, version: 1.10, manager: conda, platform: linux-64, url: '${FORGE}/linux-64/a-1.10-0.conda', hash: { md5: ${digits}, sha256: ${zeros} } }
  - { name: p, version: 1.10, manager: pip, platform: linux-64, url: 'https://h/p.whl', hash: { sha256: ${zeros} } }\n`;
  const found = read(condaLock(text));
  expect(found?.platforms["linux-64"]?.[0]).toMatchObject({ md5: digits, sha256: zeros });
  expect(found?.pip["linux-64"]).toEqual([{ requirement: "p==1.10", sha256: zeros }]);
});

const pixi = (packages: string, list: string) =>
  `version: 6\nenvironments:\n  cuda: { channels: [], packages: { linux-64: [] } }\n  default:\n    channels: []\n    packages:\n      linux-64:\n${list}packages:\n${packages}`;
const A = `${FORGE}/linux-64/a-1-0.conda`;
const Z = `${FORGE}/linux-64/z-1-0.conda`;

test("pixi.lock gives its default environment, with what it says of each package", () => {
  const packages = `- { conda: '${A}', sha256: ${SHA}, md5: ${MD5}, depends: [b >=1] }\n- { conda: '${Z}', sha256: ${SHA} }\n- { pypi: 'https://h/six.whl', name: six, version: 1.16.0, sha256: ${SHA} }\n`;
  const found = read(pixi(packages, `      - conda: ${A}\n      - conda: ${Z}\n      - pypi: https://h/six.whl\n`));
  expect(found).toEqual({
    platforms: {
      "linux-64": [
        { url: A, md5: MD5, sha256: SHA, depends: ["b >=1"] },
        { url: Z, md5: undefined, sha256: SHA, depends: [] },
      ],
    },
    pip: { "linux-64": [{ requirement: "six==1.16.0", sha256: SHA }] },
  });
});

test("a package of a repository is the commit that was locked, not what an index has under its name", () => {
  const commit = "c".repeat(40);
  const pinned = (place: string) => {
    const text = pixi(`- { pypi: '${place}', name: own, version: 0.1 }\n`, `      - pypi: '${place}'\n`);
    return read(text)?.pip["linux-64"];
  };
  expect(pinned(`git+https://h/o/own.git?subdirectory=py&rev=main#${commit}`)).toEqual([
    { requirement: `own @ git+https://h/o/own.git@${commit}#subdirectory=py` },
  ]);
  expect(pinned(`git+https://h/o/own.git@${commit}`)).toEqual([
    { requirement: `own @ git+https://h/o/own.git@${commit}` },
  ]);
  expect(() => pinned("git+https://h/o/own.git@main")).toThrow("names no commit");
});

test("a project of pixi's own machine is refused, not looked for on an index", () => {
  const text = pixi("- { pypi: ./, name: demo, version: 0.1.0, editable: true }\n", "      - pypi: ./\n");
  expect(() => read(text)).toThrow("./ lies beside the lock file");
});

test("a package that a lock file names but does not describe, or gives no hash, is refused", () => {
  expect(() => read(pixi("- { conda: 'https://h/other' }\n", `      - conda: ${A}\n`))).toThrow(`${A} has no hash`);
  expect(() => read(pixi("- { pypi: 'https://h/y.whl' }\n", "      - pypi: https://h/x.whl\n"))).toThrow(
    "https://h/x.whl",
  );
  const bare = `  - { name: a, version: 1, manager: conda, platform: linux-64, url: '${A}' }\n`;
  expect(() => read(condaLock(bare))).toThrow(`${A} has no hash`);
});

test("a damaged lock file is refused with the place in it", () => {
  expect(() => read(condaLock("  - { name: a }\n"))).toThrow("theirs.lock: package.0.version");
  expect(() => read(condaLock("  - [\n"))).toThrow("theirs.lock: not yaml");
});

test("half a lock file is no environment.yml that asks for nothing", () => {
  for (const label of ["pixi.lock", "a/conda-lock.yml", "gpu.conda-lock.yaml"]) {
    for (const text of ["", "version: 6\nenvironments:\n  default:\n"])
      expect(() => parseCondaLockInput(text, label)).toThrow(`${label}: it is no lock file, or not a whole one`);
  }
  expect(parseCondaLockInput("", "my-conda-locks.yml")).toBeUndefined();
});
