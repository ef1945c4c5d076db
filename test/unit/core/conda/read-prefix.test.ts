import { expect, test } from "bun:test";
import { readCondaPrefix } from "#core/conda/read-prefix.ts";
import { type StoreHome, storeHome } from "../store/store-home.ts";

const record = (name: string, more: object = {}) => ({
  ...{ name, version: "1.0", build: "h_0", build_number: 0, subdir: "linux-64", fn: `${name}-1.0-h_0.conda` },
  ...{ url: `https://me:pw@c.example/t/tk-1/forge/linux-64/${name}-1.0-h_0.conda`, channel: "forge", depends: [] },
  ...{ sha256: "A".repeat(64), md5: "b".repeat(32), files: [], paths_data: { paths: [], paths_version: 1 } },
  ...more,
});

async function prefixWith(home: StoreHome, records: object[], others: Record<string, string> = {}): Promise<string> {
  for (const one of records as { name: string }[]) {
    await home.write(`env/conda-meta/${one.name}-1.0-h_0.json`, JSON.stringify(one));
  }
  for (const [path, text] of Object.entries(others)) await home.write(`env/conda-meta/${path}`, text);
  return `${home.dir}/env`;
}

test("records become exact packages without credentials, with what was asked for and what conda owns", async () => {
  await using home = await storeHome();
  const info = "lib/python3.11/site-packages/six-1.16.dist-info";
  const six = record("six", { files: [`${info}/METADATA`, `${info}/RECORD`, "lib/x.py"], requested_spec: "six >=1" });
  const python = record("python", { version: "3.11.7", requested_specs: ["python=3.11", "python"] });
  const openssl = record("openssl", { requested_spec: "None" });
  const found = await readCondaPrefix(
    await prefixWith(home, [six, python, openssl], { history: "# update specs: ['openssl']\n", "._six.json": "{" }),
  );
  expect(found.records.map(({ name }) => name)).toEqual(["openssl", "python", "six"]);
  expect(found.records[2]).toMatchObject({
    url: "https://c.example/forge/linux-64/six-1.0-h_0.conda",
    channel: "https://c.example/forge",
    sha256: "a".repeat(64),
    md5: "b".repeat(32),
  });
  expect(found.requested).toEqual(["python=3.11", "python", "six >=1"]);
  expect([...found.owned]).toEqual([`${info}/METADATA`]);
  expect(found.python).toBe("3.11.7");
});

test("a channel's password in what was asked for is left behind, in records and in conda's log", async () => {
  await using home = await storeHome();
  const spec = 'six[channel="https://me:pw9@c.example/t/tk-9/forge/"]';
  const found = await readCondaPrefix(await prefixWith(home, [record("six", { requested_specs: [spec] })]));
  expect(found.requested).toEqual(['six[channel="https://c.example/forge"]']);
  expect(found.closed).toEqual(["https://c.example/forge"]);
  await using older = await storeHome();
  const history = "# update specs: ['https://me:pw9@c.example/forge::six']\n";
  const logged = await readCondaPrefix(await prefixWith(older, [record("six")], { history }));
  expect(logged.requested).toEqual(["https://c.example/forge::six"]);
});

test("variables that a person set and scripts that no package brought are told from those of packages", async () => {
  await using home = await storeHome();
  const six = record("six", { files: ["etc/conda/activate.d/six.sh"] });
  const prefix = await prefixWith(home, [six], { state: '{"env_vars": {"MYVAR": "hello"}}' });
  for (const name of ["activate.d/six.sh", "activate.d/mine.sh"]) await home.write(`env/etc/conda/${name}`, "");
  const found = await readCondaPrefix(prefix);
  expect(found.variables).toEqual({ MYVAR: "hello" });
  expect(found.handmade).toEqual(["etc/conda/activate.d/mine.sh"]);
});

test("metadata of an egg that conda installed is conda's", async () => {
  await using home = await storeHome();
  const site = "lib/python3.11/site-packages";
  const files = [`${site}/one-1.egg-info/PKG-INFO`, `${site}/two-1.egg-info`];
  const found = await readCondaPrefix(await prefixWith(home, [record("eggs", { files })]));
  expect([...found.owned]).toEqual(files);
});

test("where records don't say what was asked for, conda's log does, for what is still there", async () => {
  await using home = await storeHome();
  const history = `==> 2024-01-01 <==
# update specs: ['six=1.15', "forge::openssl", 'gone']
==> 2024-01-02 <==
# remove specs: ['gone']
# update specs: ['six>=1.16']
`;
  const found = await readCondaPrefix(await prefixWith(home, [record("six"), record("openssl")], { history }));
  expect(found.requested.toSorted()).toEqual(["forge::openssl", "six>=1.16"]);
  expect(found.python).toBeUndefined();
});

test("a damaged record is named with the field, and nothing is left out quietly", async () => {
  await using home = await storeHome();
  const prefix = await prefixWith(home, [record("six")], { "bad-1-0.json": JSON.stringify({ name: "bad" }) });
  const read = readCondaPrefix(prefix);
  await expect(read).rejects.toMatchObject({ code: "LOCK_FAILED" });
  await expect(read).rejects.toThrow(`${prefix}/conda-meta/bad-1-0.json can't be used: version`);
  await home.write("env/conda-meta/bad-1-0.json", "{");
  await expect(readCondaPrefix(prefix)).rejects.toThrow("not a JSON object");
});

test("a folder that is no conda environment is told the option that fits", async () => {
  await using home = await storeHome();
  await home.write("venv/pyvenv.cfg", "");
  for (const path of ["venv", "venv/pyvenv.cfg", "nowhere"]) {
    const read = readCondaPrefix(`${home.dir}/${path}`);
    await expect(read).rejects.toMatchObject({ code: "ENV_NOT_FOUND" });
  }
});
