import { expect, test } from "bun:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFileAtomic } from "#core/platform/fs-atomic.ts";
import type { Distribution } from "#core/venv/distribution.ts";
import { readDistributions } from "#core/venv/distributions.ts";
import { repackWheel } from "#core/venv/repack-wheel.ts";
import { storeHome } from "../store/store-home.ts";

const { signal } = new AbortController();

const FILES: Record<string, string> = {
  "lib/python3.11/site-packages/thing/__init__.py": "X = 1\n",
  "lib/python3.11/site-packages/thing/with,comma.txt": "c",
  "lib/python3.11/site-packages/thing/__pycache__/__init__.cpython-311.pyc": "no",
  "lib/python3.11/site-packages/thing-2.0.dist-info/METADATA":
    "Metadata-Version: 2.1\nName: Thing\nVersion: 2.0\n\nbody\n",
  "lib/python3.11/site-packages/thing-2.0.dist-info/WHEEL":
    "Wheel-Version: 1.0\nTag: py2-none-any\nTag: py3-none-any\n",
  "lib/python3.11/site-packages/thing-2.0.dist-info/INSTALLER": "pip\n",
  "lib/python3.11/site-packages/thing-2.0.dist-info/entry_points.txt": "[console_scripts]\nthing = thing:main\n",
  "bin/thing": "#!/x/bin/python\n",
  "bin/other": "#!/x/bin/python3.11\nprint()\n",
  "share/thing/data": "d",
};
const RECORD = Object.keys(FILES)
  .map((path) => (path.startsWith("lib/") ? path.split("/").slice(3).join("/") : `../../../${path}`))
  .map((path) => (path.includes(",") ? `"${path}",sha256=x,1` : `${path},sha256=x,1`))
  .join("\n");

async function installed(prefix: string, files: Record<string, string>): Promise<Distribution> {
  const site = `${prefix}/lib/python3.11/site-packages`;
  for (const [path, text] of Object.entries(files)) await writeFileAtomic(`${site}/${path}`, text);
  const [distribution] = await readDistributions([site]);
  if (!distribution) throw new Error("not found");
  return distribution;
}

const INFO = {
  "thing-2.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: Thing\nVersion: 2.0\n",
  "thing-2.0.dist-info/WHEEL": "Tag: py3-none-any\n",
};

test("a package of more files than a wheel can list is refused as such, before any of it is written", async () => {
  await using home = await storeHome();
  const files = { ...INFO, "thing.py": "", "thing-2.0.dist-info/RECORD": "thing.py,,\n".repeat(65_536) };
  const distribution = await installed(home.dir, files);
  const refused = repackWheel(distribution, { folder: `${home.dir}/a`, signal });
  await expect(refused).rejects.toMatchObject({ code: "LOCK_FAILED", message: expect.stringContaining("65535 files") });
});

test("a large file goes into a wheel piece by piece, and others have their turn in between", async () => {
  await using home = await storeHome();
  const record = { "thing-2.0.dist-info/RECORD": "thing.bin,,\n" };
  const distribution = await installed(home.dir, { ...INFO, ...record });
  await Bun.write(
    `${distribution.site}/thing.bin`,
    crypto.getRandomValues(new Uint8Array(65_536)).toBase64().repeat(256),
  );
  const state = { done: false };
  const made = repackWheel(distribution, { folder: `${home.dir}/a`, signal }).finally(() => {
    state.done = true;
  });
  const sizes = new Set<number>();
  while (!state.done) {
    sizes.add(Bun.file(`${home.dir}/a/thing-2.0-py3-none-any.whl`).size);
    await Bun.sleep(0);
  }
  await made;
  expect(sizes.size).toBeGreaterThan(8);
});

test("a cancelled repacking stops in the middle of a file", async () => {
  await using home = await storeHome();
  const files = { ...INFO, "thing.bin": "x".repeat(8 << 20), "thing-2.0.dist-info/RECORD": "thing.bin,,\n" };
  const distribution = await installed(home.dir, files);
  const cancelled = repackWheel(distribution, { folder: `${home.dir}/a`, signal: AbortSignal.abort() });
  await expect(cancelled).rejects.toMatchObject({ code: "CANCELLED" });
});

test("what is installed becomes a wheel that Python's own zip reads: no caches, no installer's files, no prefix", async () => {
  const prefix = await mkdtemp(join(tmpdir(), "repack-"));
  try {
    for (const [path, text] of Object.entries(FILES)) await writeFileAtomic(`${prefix}/${path}`, text);
    const site = `${prefix}/lib/python3.11/site-packages`;
    await writeFileAtomic(`${site}/thing-2.0.dist-info/RECORD`, RECORD);
    const [distribution] = await readDistributions([site]);
    if (!distribution) throw new Error("not found");
    const [first, second] = [
      await repackWheel(distribution, { folder: `${prefix}/a`, signal }),
      await repackWheel(distribution, { folder: `${prefix}/b`, signal }),
    ];
    expect(first).toBe(`${prefix}/a/thing-2.0-py2.py3-none-any.whl`);
    expect(Buffer.compare(await readFile(first), await readFile(second))).toBe(0);
    const script =
      "import zipfile,sys,json; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(json.dumps({n:z.read(n).decode() for n in z.namelist()}))";
    const listed = JSON.parse(Bun.spawnSync(["python3", "-c", script, first]).stdout.toString());
    expect(Object.keys(listed).sort()).toEqual([
      "thing-2.0.data/data/share/thing/data",
      "thing-2.0.data/scripts/other",
      "thing-2.0.dist-info/METADATA",
      "thing-2.0.dist-info/RECORD",
      "thing-2.0.dist-info/WHEEL",
      "thing-2.0.dist-info/entry_points.txt",
      "thing/__init__.py",
      "thing/with,comma.txt",
    ]);
    expect(listed["thing-2.0.data/scripts/other"]).toBe("#!python\nprint()\n");
    expect(listed["thing-2.0.dist-info/RECORD"]).toContain('"thing/with,comma.txt",sha256=');
  } finally {
    await rm(prefix, { recursive: true });
  }
});
