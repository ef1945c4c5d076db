/**
 * The place in which the benchmark runs: a home and store of its own on the disk of uv's cache (so that links work as
 * they do for a user), the binary, uv, and programs timed there. Everything goes at the end, processes included.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { endProcesses } from "../../test/helpers/processes.ts";

export interface Place {
  readonly dir: string;
  readonly swcli: string;
  readonly empty: string;
  readonly uv: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Ran {
  readonly ms: number;
  readonly stdout: string;
}

const REPO = resolve(import.meta.dir, "../..");

export async function withPlace(work: (place: Place) => Promise<void>): Promise<void> {
  const cache = process.env.SWCLI_DEV_CACHE ?? join(REPO, ".cache");
  mkdirSync(cache, { recursive: true });
  const dir = realpathSync(mkdtempSync(join(cache, "bench-")));
  const runDir = realpathSync(mkdtempSync("/tmp/swb-"));
  mkdirSync(join(dir, "home"));
  const kept = Object.entries(process.env).filter(([name]) => !/^(SW_|SWCLI_|XDG_|BUN_)/.test(name));
  const env = {
    ...(Object.fromEntries(kept) as Record<string, string>),
    HOME: join(dir, "home"),
    XDG_RUNTIME_DIR: runDir,
    SW_LOCAL_STORAGE: join(dir, "root"),
    UV_CACHE_DIR: process.env.UV_CACHE_DIR ?? join(cache, "uv-cache"),
    PYENV_ROOT: process.env.PYENV_ROOT ?? join(process.env.HOME ?? "/", ".pyenv"),
  };
  try {
    await work({ dir, swcli: join(REPO, "dist/swcli"), empty: join(REPO, "dist/empty"), uv: findUv(cache), env });
  } finally {
    await endProcesses(runDir);
    rmSync(dir, { recursive: true, force: true });
    rmSync(runDir, { recursive: true, force: true });
  }
}

/** The same place with a store that nobody used. */
export const freshRoot = (place: Place, name: string): Place => ({
  ...place,
  env: { ...place.env, SW_LOCAL_STORAGE: join(place.dir, name) },
});

/** Runs a program to its end; a failure ends the benchmark with its output. */
export async function timed(place: Place, argv: readonly string[], cwd = place.dir): Promise<Ran> {
  const started = performance.now();
  const child = Bun.spawn([...argv], { cwd, env: place.env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const code = await child.exited;
  const ms = performance.now() - started;
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  return { ms, stdout };
}

/** Waits until an environment of the place is recorded: before, each activation asks. */
export async function settledEnv(place: Place): Promise<void> {
  const envs = join(place.env.SW_LOCAL_STORAGE ?? "", ".envs");
  const isDone = () => readdirSync(envs).some((name) => existsSync(join(envs, name, ".swcli/seen/site")));
  for (let tries = 0; tries < 600 && !isDone(); tries++) await Bun.sleep(100);
}

/** A folder with these files. */
export async function project(place: Place, name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const dir = join(place.dir, name);
  for (const [path, text] of Object.entries(files)) await Bun.write(join(dir, path), text);
  return dir;
}

/** The unpacked uv that scripts/setup left in the cache: the one that is in the binary. */
function findUv(cache: string): string {
  for (const found of new Bun.Glob("uv-*/*/uv-*").scanSync(cache)) {
    if (!/\.(zst|whl)/.test(found) && existsSync(join(cache, found))) return join(cache, found);
  }
  throw new Error(`no uv in ${cache}: ${readdirSync(cache).join(", ")}`);
}
