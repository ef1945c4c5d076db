import { expect, test } from "bun:test";
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { readTextIfAny, removeFile, removeTree, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { needsLinux, testWith } from "../../../helpers/needs.ts";
import { storeHome } from "../store/store-home.ts";

const MODULE = JSON.stringify(`${import.meta.dir}/../../../../core/platform/fs-atomic.ts`);

/** A process of its own that runs `code` with `write` and `target`. */
const spawned = (target: string, code: string) => {
  const text = `const { writeFileAtomic: write } = await import(${MODULE}); const target = process.env.TARGET; ${code}`;
  return Bun.spawn([process.execPath, "-e", text], { env: { ...process.env, TARGET: target }, stdout: "pipe" });
};

test("with four processes writing one file, a reader sees one of their texts whole at every moment", async () => {
  await using home = await storeHome();
  const path = `${home.dir}/made/here/f`;
  const loop = (letter: string) =>
    `for (let i = 0; i < 60; i++) await write(target, "${letter}".repeat(300_000), { durable: false })`;
  const writers = ["a", "b", "c", "d"].map((letter) => spawned(path, loop(letter)));
  const state = { running: true, reads: 0 };
  const ends = Promise.all(writers.map(({ exited }) => exited)).then((codes) => {
    state.running = false;
    return codes;
  });
  while (state.running) {
    const text = await readTextIfAny(path);
    if (text === undefined) continue;
    state.reads += 1;
    expect(text).toBe((text[0] ?? "").repeat(300_000));
  }
  expect(await ends).toEqual([0, 0, 0, 0]);
  expect(state.reads).toBeGreaterThan(10);
  expect(await readdir(`${home.dir}/made/here`)).toEqual(["f"]);
});

test("of many that create one file at once exactly one does, and its text stays", async () => {
  await using home = await storeHome();
  const path = `${home.dir}/f`;
  const create = (i: number) => writeFileAtomic(path, String(i), { exclusive: true });
  const made = await Promise.all(Array.from({ length: 20 }, (_, i) => create(i)));
  expect(made.filter(Boolean)).toHaveLength(1);
  expect(await readFile(path, "utf8")).toBe(String(made.indexOf(true)));
  const code = `console.log(await write(target, "other", { exclusive: true }))`;
  expect(await spawned(path, code).stdout.text()).toBe("false\n");
  expect(await readFile(path, "utf8")).toBe(String(made.indexOf(true)));
  expect(await readdir(home.dir)).toEqual(["f"]);
});

test("a file is replaced, with the mode that was asked for", async () => {
  await using home = await storeHome();
  const path = await home.write("f", "old");
  expect(await writeFileAtomic(path, new Uint8Array([1, 2]), { mode: 0o600 })).toBe(true);
  expect([...(await readFile(path))]).toEqual([1, 2]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("a write that can't be published fails and leaves nothing beside the target", async () => {
  await using home = await storeHome();
  await home.write("f/inside", "x");
  await expect(writeFileAtomic(`${home.dir}/f`, "text")).rejects.toMatchObject({ code: "EISDIR" });
  expect(await readdir(home.dir)).toEqual(["f"]);
  await expect(writeFileAtomic(`${home.dir}/f/inside/g`, "text")).rejects.toMatchObject({ code: "ENOTDIR" });
});

testWith(needsLinux())("a full disk leaves the old text and no half-written file", async () => {
  await using home = await storeHome();
  const path = await home.write("f", "old");
  // The limit on a file's size fails a write in its middle, as a full disk does.
  const code = `await write("${path}", "x".repeat(3_000_000)).catch((e) => { console.log(e.code) })`;
  const text = `const { writeFileAtomic: write } = await import(${MODULE}); process.on("SIGXFSZ", () => {}); ${code}`;
  const limited = Bun.spawn(["sh", "-c", 'ulimit -f 1000; exec "$0" -e "$1"', process.execPath, text]);
  expect(await limited.stdout.text()).toBe("EFBIG\n");
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(home.dir)).toEqual(["f"]);
});

test("what is not there is removed without complaint; what is no file is not", async () => {
  await using home = await storeHome();
  await removeFile(`${home.dir}/nothing`);
  await removeTree(`${home.dir}/nothing`);
  const path = await home.write("folder/f", "");
  await removeFile(path);
  expect(await readdir(`${home.dir}/folder`)).toEqual([]);
  await expect(removeFile(`${home.dir}/folder`)).rejects.toThrow();
});

test("a tree goes with its read-only folders, and nothing goes that its links lead to", async () => {
  await using home = await storeHome();
  const outside = await home.write("outside/kept", "x");
  await home.write("tree/a/b/f", "x");
  await symlink(`${home.dir}/outside`, `${home.dir}/tree/a/link`);
  const folders = [home.dir, `${home.dir}/tree`, `${home.dir}/tree/a`, `${home.dir}/tree/a/b`];
  for (const folder of folders.slice(2)) await chmod(folder, 0o500);
  // Nothing is read-only for root: an ordinary user removes it.
  const ordinary =
    "for (const f of process.argv.slice(1)) chownSync(f, 65534, 65534); process.setgid(65534); process.setuid(65534);";
  const code = `const { chownSync } = await import("node:fs"); const { removeTree } = await import(${MODULE});
    if (process.getuid() === 0) { ${ordinary} } await removeTree("tree")`;
  // From within: the way there may be closed to that user.
  expect(await Bun.spawn([process.execPath, "-e", code, ...folders], { cwd: home.dir }).exited).toBe(0);
  expect(await readdir(home.dir)).toEqual(["outside"]);
  expect(await readFile(outside, "utf8")).toBe("x");
});

test("a text that is not there is undefined; one that can't be read is an error", async () => {
  await using home = await storeHome();
  await mkdir(`${home.dir}/folder`);
  await writeFile(`${home.dir}/f`, "ü");
  expect(await readTextIfAny(`${home.dir}/f`)).toBe("ü");
  expect(await readTextIfAny(`${home.dir}/none`)).toBeUndefined();
  expect(await readTextIfAny(`${home.dir}/f/none`)).toBeUndefined();
  await expect(readTextIfAny(`${home.dir}/folder`)).rejects.toMatchObject({ code: "EISDIR" });
});
