/** The folder of socket and locks, as shells with different environments find it. */
import { expect, test } from "bun:test";
import { chmod, chown, mkdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { openRunDir, runRecordPath } from "#core/platform/run-dir.ts";
import { needsRoot, testWith } from "../../../helpers/needs.ts";
import { storeHome } from "../store/store-home.ts";

const FALLBACK = `/tmp/swcli-${process.getuid?.()}`;
const mode = async (path: string) => (await stat(path)).mode & 0o777;

async function session(dir: string, name: string): Promise<{ XDG_RUNTIME_DIR: string }> {
  await mkdir(`${dir}/${name}`, { mode: 0o700 });
  return { XDG_RUNTIME_DIR: `${dir}/${name}` };
}

test("a login shell, another session and cron meet at one socket, whoever was first", async () => {
  await using home = await storeHome();
  const [login, other] = [await session(home.dir, "login"), await session(home.dir, "other")];
  const first = await openRunDir(login, home.root);
  expect(first).toMatchObject({ dir: `${home.dir}/login/swcli`, socket: `${first.dir}/${first.id}.sock` });
  expect(first.id).toMatch(/^[0-9a-f]{16}$/);
  for (const env of [other, {}, { XDG_RUNTIME_DIR: "" }]) expect(await openRunDir(env, home.root)).toEqual(first);
  expect(await mode(first.dir)).toBe(0o700);
});

test("ten shells with sessions of their own that start at once agree", async () => {
  await using home = await storeHome();
  const sessions = await Promise.all(Array.from({ length: 10 }, (_, i) => session(home.dir, `s${i}`)));
  const found = await Promise.all(sessions.map((env) => openRunDir(env, home.root)));
  expect(new Set(found.map(({ dir }) => dir)).size).toBe(1);
});

test("two spellings of one root have one id, two roots have two in one folder", async () => {
  await using home = await storeHome();
  const env = await session(home.dir, "s");
  await mkdir(home.root);
  await symlink(home.root, `${home.dir}/link`);
  const own = await openRunDir(env, home.root);
  expect(await openRunDir(env, `${home.dir}/link`)).toEqual(own);
  const other = await openRunDir(env, `${home.dir}/second`);
  expect(other.dir).toBe(own.dir);
  const all = [own, other].flatMap(({ id, socket, locks, log }) => [id, socket, locks, log]);
  expect(new Set(all).size).toBe(8);
});

test("a session that has ended is replaced by the next one; so is a root that was copied", async () => {
  await using home = await storeHome();
  await openRunDir(await session(home.dir, "ended"), home.root);
  await rm(`${home.dir}/ended`, { recursive: true });
  const next = await session(home.dir, "next");
  const own = await openRunDir(next, home.root);
  expect(own.dir).toBe(`${home.dir}/next/swcli`);
  await mkdir(`${home.dir}/copy/.store/v1`, { recursive: true });
  await writeFile(runRecordPath(`${home.dir}/copy`), await readFile(runRecordPath(home.root)));
  expect((await openRunDir(next, `${home.dir}/copy`)).id).not.toBe(own.id);
});

test.each(["", "half", "relative/dir\nid\n", "/dir-only"])(
  "a record that a crash cut to %p is made anew",
  async (text) => {
    await using home = await storeHome();
    const env = await session(home.dir, "s");
    await mkdir(`${home.root}/.store/v1`, { recursive: true });
    await writeFile(runRecordPath(home.root), text);
    const own = await openRunDir(env, home.root);
    expect(own.dir).toBe(`${home.dir}/s/swcli`);
    expect(await readFile(runRecordPath(home.root), "utf8")).toBe(`${own.dir}\n${own.id}\n`);
  },
);

test("a folder that others may enter, a link and a file in its place are refused by name", async () => {
  await using home = await storeHome();
  const env = await session(home.dir, "s");
  const dir = `${home.dir}/s/swcli`;
  await mkdir(`${home.dir}/elsewhere`, { mode: 0o700 });
  const traps = [
    async () => {
      await mkdir(dir);
      await chmod(dir, 0o750);
    },
    async () => await symlink(`${home.dir}/elsewhere`, dir),
    async () => await writeFile(dir, ""),
  ];
  for (const trap of traps) {
    await trap();
    const opened = openRunDir(env, home.root);
    await expect(opened).rejects.toMatchObject({ code: "RUN_DIR_UNSAFE", message: expect.stringContaining(dir) });
    await rm(dir, { recursive: true });
  }
});

test("a recorded folder that became open to others is not used any more", async () => {
  await using home = await storeHome();
  const env = await session(home.dir, "s");
  const { dir } = await openRunDir(env, home.root);
  await chmod(dir, 0o777);
  await expect(openRunDir(env, home.root)).rejects.toMatchObject({ code: "RUN_DIR_UNSAFE" });
  expect((await openRunDir(await session(home.dir, "t"), home.root)).dir).toBe(`${home.dir}/t/swcli`);
});

testWith(needsRoot())("somebody else's session, folder or store is not ours to use", async () => {
  await using home = await storeHome();
  const env = await session(home.dir, "theirs");
  await chown(env.XDG_RUNTIME_DIR, 65534, 65534);
  expect((await openRunDir(env, home.root)).dir).toBe(FALLBACK);
  const own = await session(home.dir, "ours");
  await mkdir(`${own.XDG_RUNTIME_DIR}/swcli`, { mode: 0o700 });
  await chown(`${own.XDG_RUNTIME_DIR}/swcli`, 65534, 65534);
  await expect(openRunDir(own, `${home.dir}/other`)).rejects.toMatchObject({ code: "RUN_DIR_UNSAFE" });
  await chown(`${home.root}/.store/v1`, 65534, 65534);
  await expect(openRunDir({}, home.root)).rejects.toMatchObject({ code: "ROOT_FOREIGN" });
});

test("a session folder that is too long for a socket, relative or missing is passed over", async () => {
  await using home = await storeHome();
  const long = `${home.dir}/${"l".repeat(90)}`;
  await mkdir(long, { mode: 0o700 });
  for (const [i, dir] of [long, "relative", `${home.dir}/missing`].entries()) {
    const own = await openRunDir({ XDG_RUNTIME_DIR: dir }, `${home.dir}/root-${i}`);
    expect(own.dir).toBe(FALLBACK);
    expect(own.socket.length).toBeLessThanOrEqual(100);
  }
});
