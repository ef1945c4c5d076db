/**
 * The run dir: where socket and locks live. A private local folder, never on the store's disk (which may be NFS).
 * The choice is recorded under the root, so every shell finds the same daemon. Tests: test/unit/core/platform/run-dir.test.ts
 */
import { lstat, mkdir, realpath } from "node:fs/promises";
import { errno, SwError } from "#core/errors.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import type { Env } from "#core/platform/env.ts";
import { readTextIfAny, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { storePaths } from "#core/platform/paths.ts";

export interface RunDir {
  dir: string;
  /** First 16 hex digits of sha256(real path of the root). */
  id: string;
  socket: string;
  /** Prefix of every lock's path: `<dir>/<id>`. */
  locks: string;
  log: string;
}

// 104 on macOS and 108 on Linux with the closing NUL; some tools stop at 100.
const SOCKET_PATH_LIMIT = 100;

/** Finds or makes the run dir of a root; makes the root too. @throws RUN_DIR_UNSAFE, ROOT_FOREIGN */
export async function openRunDir(env: Env, root: string): Promise<RunDir> {
  await makeRoot(root);
  const id = sha256Hex(await realpath(root)).slice(0, 16);
  const record = runRecordPath(root);
  const written = await readTextIfAny(record);
  const recorded = parseRecord(written);
  if (recorded && recorded.id === id && (await isPrivateDir(recorded.dir))) return runDir(recorded.dir, id);
  const dir = await chooseDir(env);
  const text = `${dir}\n${id}\n`;
  // The first of several starting shells decides; a record that no longer holds, or was cut by a crash, is replaced.
  if (written !== undefined) await writeFileAtomic(record, text, { durable: false });
  else if (!(await writeFileAtomic(record, text, { exclusive: true, durable: false })))
    return await openRunDir(env, root);
  return runDir(dir, id);
}

/** `<store>/run`: two lines, the run dir and the id; the hot path reads it. */
export const runRecordPath = (root: string): string => `${storePaths(root).store}/run`;

const runDir = (dir: string, id: string): RunDir => ({
  dir,
  id,
  socket: `${dir}/${id}.sock`,
  locks: `${dir}/${id}`,
  log: `${dir}/${id}.log`,
});

function parseRecord(text: string | undefined): { dir: string; id: string } | undefined {
  const [dir, id] = (text ?? "").split("\n");
  return dir?.startsWith("/") && id ? { dir, id } : undefined;
}

async function chooseDir(env: Env): Promise<string> {
  const session = env.XDG_RUNTIME_DIR;
  const fits = session?.startsWith("/") && `${session}/swcli/`.length + 21 <= SOCKET_PATH_LIMIT;
  if (session && fits && (await isOurDir(session))) return await makePrivateDir(`${session}/swcli`);
  return await makePrivateDir(`/tmp/swcli-${uid()}`);
}

async function makePrivateDir(dir: string): Promise<string> {
  await mkdir(dir, { mode: 0o700 }).catch((e: unknown) => {
    if (errno(e) !== "EEXIST") throw e;
  });
  if (await isPrivateDir(dir)) return dir;
  throw new SwError("RUN_DIR_UNSAFE", `${dir} is not a private folder of yours (mode 0700)`, {
    hint: `Remove it or set XDG_RUNTIME_DIR to a folder of yours; somebody else may have made it to listen in.`,
  });
}

/** A real folder, ours, closed to others. */
export async function isPrivateDir(dir: string): Promise<boolean> {
  const info = await lstatIfAny(dir);
  return info?.isDirectory() === true && info.uid === uid() && (info.mode & 0o077) === 0;
}

const isOurDir = async (dir: string) => {
  const info = await lstatIfAny(dir);
  return info?.isDirectory() === true && info.uid === uid();
};

async function lstatIfAny(path: string) {
  try {
    return await lstat(path);
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR" && errno(e) !== "EACCES") throw e;
    return undefined;
  }
}

/** Once `sudo swcli` and the store belongs to root: refuse to mix owners instead. */
async function makeRoot(root: string): Promise<void> {
  await mkdir(storePaths(root).store, { recursive: true });
  const info = await lstatIfAny(storePaths(root).store);
  if (info === undefined || info.uid === uid()) return;
  throw new SwError("ROOT_FOREIGN", `${root} belongs to user ${info.uid}, you are user ${uid()}`, {
    hint: `Take it over with: sudo chown -R ${uid()} ${root} (or set SW_LOCAL_STORAGE to a folder of yours).`,
  });
}

const uid = (): number => process.getuid?.() ?? 0;
