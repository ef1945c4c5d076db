/**
 * Where the daemon listens, found without loading anything: one or two tiny reads.
 * Whatever is unusual gives undefined, and the slow path (cli/client/ensure-daemon.ts) finds out.
 * Must stay free of heavy imports (test/arch/imports.test.ts).
 */
import { readSmallFile } from "#core/platform/unix-exchange.ts";

export interface Target {
  root: string;
  socket: string;
  dir: string;
}

type Env = Record<string, string | undefined>;

export async function hotTarget(env: Env): Promise<Target | undefined> {
  const root = await hotRoot(env);
  if (root === undefined) return undefined;
  const record = readSmallFile(`${root}/.store/v1/run`);
  const [dir, id] = record?.split("\n") ?? [];
  return dir && id ? { root, dir, socket: `${dir}/${id}.sock` } : undefined;
}

/** SW_LOCAL_STORAGE, else the root that the slow path noted for this very config file, else the default. */
async function hotRoot(env: Env): Promise<string | undefined> {
  const own = env.SW_LOCAL_STORAGE;
  if (own) return own.startsWith("/") ? own : undefined;
  const home = env.HOME;
  if (!home) return undefined;
  const config = env.SW_CLI_CONFIG || `${home}/.config/starwhale/config.yaml`;
  if (readSmallFile(config) === undefined) return `${home}/.starwhale`;
  const info = await statIfAny(config);
  const cache = readSmallFile(`${config.slice(0, config.lastIndexOf("/"))}/.swcli-root`);
  const [key, root] = cache?.split("\n") ?? [];
  return info && key === `${info.mtimeMs} ${info.size} ${info.ino}` ? root : undefined;
}

/** The folder that holds the socket must be ours and closed: else somebody may stand in for the daemon. */
export async function isSafeDir(dir: string): Promise<boolean> {
  const info = await statIfAny(dir);
  return info !== undefined && info.uid === process.getuid?.() && (info.mode & 0o077) === 0;
}

async function statIfAny(path: string) {
  try {
    return await Bun.file(path).stat();
  } catch {
    return undefined;
  }
}
