import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Owner, parseRecord, readOwners } from "#core/env/owners.ts";

const SHA = "ab".repeat(32);
const BASE64 = Buffer.from(SHA, "hex").toString("base64url");

test("a RECORD gives paths, digests and sizes; names with commas and quotes too", () => {
  expect(
    parseRecord(`six.py,sha256=${BASE64},12\r\n"a ""b"",c.py",sha256=${BASE64}=,\nsix/RECORD,,\n\nnocommas\n`),
  ).toEqual([{ path: "six.py", sha256: SHA, size: 12 }, { path: 'a "b",c.py', sha256: SHA }, { path: "six/RECORD" }]);
});

let prefix = "";
let owners: Map<string, Owner>;
const SITE = "lib/python3.11/site-packages";

beforeAll(async () => {
  prefix = await mkdtemp(join(tmpdir(), "owners-"));
  const write = async (path: string, text: string) => await Bun.write(join(prefix, path), text);
  await write(`${SITE}/six-1.0.dist-info/RECORD`, `six.py,sha256=${BASE64},9\n../../../bin/six,,\n`);
  await write(`${SITE}/hail-2.0.dist-info/RECORD`, `hail.py,sha256=${BASE64},9\nshared.py,,\n`);
  await write(`${SITE}/over-3.0.dist-info/RECORD`, "data/x.txt,,\n");
  const paths = [
    { _path: `${SITE}/hail.py`, sha256: "cd".repeat(32), size_in_bytes: 9 },
    { _path: `${SITE}/hail-2.0.dist-info/RECORD`, sha256: "ef".repeat(32) },
    { _path: "etc/conf", sha256: "11".repeat(32), prefix_placeholder: "/opt/x", sha256_in_prefix: "22".repeat(32) },
    { _path: "bin/odd", sha256: "33".repeat(32), prefix_placeholder: "/opt/x" },
    { _path: `${SITE}/data/x.txt`, sha256: "44".repeat(32) },
  ];
  await write("conda-meta/hail-2.0-0.json", JSON.stringify({ name: "hail", version: "2.0", paths_data: { paths } }));
  await write("conda-meta/broken.json", "{");
  owners = await readOwners(prefix);
});
afterAll(async () => await rm(prefix, { recursive: true }));

test("files above site-packages and the RECORD itself are their distribution's", () => {
  for (const path of [`${SITE}/six.py`, "bin/six", `${SITE}/six-1.0.dist-info/RECORD`])
    expect(owners.get(path)).toMatchObject({ distribution: "six 1.0", by: "pip" });
  expect(owners.get(`${SITE}/six.py`)).toMatchObject({ sha256: SHA, size: 9 });
});

test("what conda installed is conda's, with conda's digests, also where it has a RECORD of its own", () => {
  expect(owners.get(`${SITE}/hail.py`)).toEqual({
    distribution: "hail 2.0",
    by: "conda",
    sha256: "cd".repeat(32),
    size: 9,
  });
  expect(owners.get("conda-meta/hail-2.0-0.json")).toMatchObject({ distribution: "hail 2.0" });
});

test("of a file with the prefix in it only the digest afterwards counts", () => {
  expect(owners.get("etc/conf")?.sha256).toBe("22".repeat(32));
  expect(owners.get("bin/odd")).toEqual({ distribution: "hail 2.0", by: "conda" });
});

test("what pip put over a file of conda's is pip's", () => {
  expect(owners.get(`${SITE}/data/x.txt`)).toMatchObject({ distribution: "over 3.0", by: "pip" });
});
