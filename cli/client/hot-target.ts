/**
 * Where the daemon listens, found without loading anything: one or two tiny reads.
 * Whatever is unusual gives undefined, and the slow path (cli/client/ensure-daemon.ts) finds out.
 * Must stay free of heavy imports (test/arch/imports.test.ts).
 */
import { quickStats, readSmallFile, stateOf } from "#core/platform/quick-file.ts";

export interface Target {
  root: string;
  socket: string;
  dir: string;
}

type Env = Record<string, string | undefined>;

export function hotTarget(env: Env): Target | undefined {
  const root = hotRoot(env);
  if (root === undefined) return undefined;
  const record = readSmallFile(`${root}/.store/v1/run`);
  const [dir, id] = record?.split("\n") ?? [];
  return dir && id ? { root, dir, socket: `${dir}/${id}.sock` } : undefined;
}

/** Where the config is, or would be; undefined without a home. */
export function hotConfig(env: Env): string | undefined {
  return env.SW_CLI_CONFIG || (env.HOME ? `${env.HOME}/.config/starwhale/config.yaml` : undefined);
}

/** SW_LOCAL_STORAGE, else the root that the slow path noted for this very config file, else the default. */
export function hotRoot(env: Env): string | undefined {
  const own = env.SW_LOCAL_STORAGE;
  if (own) return own.startsWith("/") ? own : undefined;
  const config = hotConfig(env);
  if (!config || !env.HOME) return undefined;
  const [facts] = quickStats([config]);
  if (!facts) return `${env.HOME}/.starwhale`;
  const cache = readSmallFile(`${config.slice(0, config.lastIndexOf("/"))}/.swcli-root`);
  const [key, root] = cache?.split("\n") ?? [];
  return key === stateOf(facts) ? root : undefined;
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
