import { expect, test } from "bun:test";
import { firstLine, read, refused } from "./spec-text.ts";

const configs = (lines: string) => read(`name: a\nconfigs:\n${lines}`).configs;

test.each([
  ["one text", "    extra_index_url: https://a.test/s\n", ["https://a.test/s"]],
  ["a list", "    extra_index_url: [https://a.test, https://b.test]\n", ["https://a.test", "https://b.test"]],
  [
    "texts with blanks, as pip has it",
    "    extra_index_url: https://a.test https://b.test\n",
    ["https://a.test", "https://b.test"],
  ],
  ["empty text", "    extra_index_url: ''\n", []],
  ["a list of empty text, as manifests have it", "    extra_index_url: ['']\n", []],
])("extra_index_url as %s", (_what, lines, urls) => {
  expect(configs(`  pip:\n${lines}`).pip.extraIndexUrl).toEqual(urls);
});

test("index_url is one, trusted_host one or several", () => {
  expect(configs("  pip:\n    index_url: https://a.test\n    trusted_host: a.test\n").pip).toMatchObject({
    indexUrl: "https://a.test",
    trustedHost: ["a.test"],
  });
  const error = refused("name: a\nconfigs:\n  pip:\n    index_url: [https://a.test]\n");
  expect([error.code, firstLine(error)]).toEqual([
    "MANIFEST_TYPE",
    "4:16: configs.pip.index_url must be text, not a list",
  ]);
});

test("condarc keeps the types that conda will read, and what would lose digits stays text", () => {
  const condarc =
    "channels: [x]\n      ssl_verify: false\n      default_threads: 4\n      mode: 0755\n      v: 3.10\n      q: 'true'\n      n:\n";
  expect(configs(`  conda:\n    condarc:\n      ${condarc}`).conda.condarc).toEqual({
    channels: ["x"],
    ssl_verify: false,
    default_threads: 4,
    mode: "0755",
    v: "3.10",
    q: "true",
    n: null,
  });
});

test("channels are a list; without any it is conda-forge", () => {
  expect(configs("  conda:\n    channels: [nvidia, https://c.test/x]\n").conda.channels).toEqual([
    "nvidia",
    "https://c.test/x",
  ]);
  expect(configs("  conda:\n    channels: []\n").conda.channels).toEqual(["conda-forge"]);
  const error = refused("name: a\nconfigs:\n  conda:\n    channels: nvidia\n");
  expect([error.code, firstLine(error)]).toEqual([
    "MANIFEST_TYPE",
    "4:15: configs.conda.channels must be a list, not text",
  ]);
});

test("a password in an index is warned of without being repeated", () => {
  const spec = read("name: a\nconfigs:\n  pip:\n    index_url: https://me:s3cret@a.test/s\n");
  expect(spec.warnings).toEqual([
    "runtime.yaml:4:5: configs.pip.index_url carries a password or token; the package gets it without (use netrc, or write ${VARIABLE} in its place)",
  ]);
  const refusal = refused("name: a\nconfigs:\n  pip:\n    index_url: [https://me:s3cret@a.test/s]\n");
  expect(refusal.message).not.toContain("s3cret");
  expect(refusal.message).toContain("@a.test/s]");
});
