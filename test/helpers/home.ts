/**
 * A person's machine in a temporary folder: home, run dir and store of its own, the compiled binary to run in it, and
 * nothing left of it afterwards, processes included. Downloads (uv's cache) are shared with all other tests.
 *
 *   await using home = await tempHome();
 *   const dir = await home.project({ "runtime.yaml": "name: demo\n" });
 *   const built = await home.run(["runtime", "build"], { cwd: dir });
 */
import { describe } from "bun:test";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type Child, type RunResult, startChild } from "./child.ts";
import { endProcesses, processesIn } from "./processes.ts";

export type Mode = "daemon" | "in-process";

export interface HomeOptions {
  readonly mode?: Mode;
  /** Added to the environment of everything that runs here; `undefined` takes a variable away. */
  readonly env?: Env;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Env;
  /** Without it stdin is empty (`/dev/null`). */
  readonly stdin?: string;
  readonly timeoutMs?: number;
}

export type Env = Readonly<Record<string, string | undefined>>;

export interface Home extends AsyncDisposable {
  /** HOME. */
  readonly dir: string;
  /** SW_LOCAL_STORAGE. */
  readonly root: string;
  /** XDG_RUNTIME_DIR. */
  readonly runDir: string;
  readonly mode: Mode;
  /** The environment in which `run` and `spawn` start programs. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs swcli to its end; fails the test when that takes longer than `timeoutMs` (two minutes). */
  run(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Runs any program in the same environment. */
  exec(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Starts swcli and leaves it running: see `Child`. */
  spawn(args: readonly string[], options?: RunOptions): Child;
  /** Writes a file below the home (folders made) and returns its absolute path. */
  write(path: string, content: string | Uint8Array, mode?: number): Promise<string>;
  /** A new folder with these files in it; a value that is not a string is the content as bytes. */
  project(files: Readonly<Record<string, string | Uint8Array>>): Promise<string>;
  /** The processes of this home that are alive now. */
  processes(): Promise<number[]>;
}

/** The binary under test: `SWCLI_BIN`, else the one that scripts/build made. */
export const SWCLI_BIN: string = process.env.SWCLI_BIN ?? resolve(import.meta.dir, "../../dist/swcli");

/** Makes a home. Use it with `await using`, so that its daemon ends and its folder goes with the test. */
export async function tempHome(options: HomeOptions = {}): Promise<Home> {
  // Short, since a socket's path must fit into 100 bytes.
  const base = tmpdir().length > 30 ? "/tmp" : tmpdir();
  const top = await realpath(await mkdtemp(join(base, "sw-")));
  const places = { top, dir: join(top, "home"), root: join(top, "root"), runDir: join(top, "run") };
  // Without this folder an interactive fish starts a process that fills it and outlives the test.
  await mkdir(join(places.dir, ".local/share/fish/generated_completions"), { recursive: true });
  await mkdir(places.runDir, { mode: 0o700 });
  const mode = options.mode ?? "daemon";
  const env = homeEnv(places, mode, options.env);
  return { ...places, mode, env, ...doings(places, env), [Symbol.asyncDispose]: () => dispose(top, env) };
}

/** The same stories through the daemon and in-process; each becomes its own group of tests. */
export function bothModes(stories: (mode: Mode) => void): void {
  for (const mode of ["daemon", "in-process"] as const) describe(mode, () => stories(mode));
}

interface Places {
  readonly top: string;
  readonly dir: string;
  readonly root: string;
  readonly runDir: string;
}

function doings(places: Places, env: Record<string, string>): Omit<Home, keyof Places | "mode" | "env" | symbol> {
  let projects = 0;
  const start = (argv: readonly string[], options: RunOptions = {}): Child =>
    startChild(argv, { ...options, cwd: options.cwd ?? places.dir, env: merged(env, options.env) });
  const write = async (path: string, content: string | Uint8Array, mode?: number): Promise<string> => {
    const target = resolve(places.dir, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
    if (mode !== undefined) await chmod(target, mode);
    return target;
  };
  return {
    run: (args, options) => start([SWCLI_BIN, ...args], options).result(options?.timeoutMs),
    exec: (argv, options) => start(argv, options).result(options?.timeoutMs),
    spawn: (args, options) => start([SWCLI_BIN, ...args], options),
    write,
    project: async (files) => {
      const dir = join(places.dir, `project-${++projects}`);
      await mkdir(dir);
      for (const [path, content] of Object.entries(files)) await write(join(dir, path), content);
      return dir;
    },
    processes: () => processesIn(places.top),
  };
}

/** What a login would give, with what would leak in from the developer's own machine taken out. */
function homeEnv(places: Places, mode: Mode, extra: Env | undefined): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(BUN_|SW_|SWCLI_|XDG_|npm_|VIRTUAL_ENV$)/.test(name));
  const cache = join(process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? "/tmp", ".cache"), "swcli-dev");
  const own: Env = {
    HOME: places.dir,
    XDG_RUNTIME_DIR: places.runDir,
    SW_LOCAL_STORAGE: places.root,
    // Without one a shell takes letters apart.
    LANG: process.env.LANG ?? "C.UTF-8",
    SW_NO_DAEMON: mode === "in-process" ? "1" : undefined,
    // As root Python writes into shared environments, which those who count their files must not depend on.
    PYTHONDONTWRITEBYTECODE: "1",
    UV_CACHE_DIR: process.env.UV_CACHE_DIR ?? join(cache, "uv-cache"),
    UV_PYTHON_INSTALL_DIR: process.env.UV_PYTHON_INSTALL_DIR ?? join(cache, "uv-python"),
    // pyenv's shims look below HOME, which is another one here.
    PYENV_ROOT: process.env.PYENV_ROOT ?? (process.env.HOME ? join(process.env.HOME, ".pyenv") : undefined),
    NO_COLOR: "1",
  };
  return merged(merged(Object.fromEntries(kept) as Record<string, string>, own), extra);
}

function merged(base: Readonly<Record<string, string>>, extra: Env = {}): Record<string, string> {
  const all = Object.entries({ ...base, ...extra });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

async function dispose(top: string, env: Record<string, string>): Promise<void> {
  if (existsSync(SWCLI_BIN) && (await processesIn(top)).length > 0) {
    await startChild([SWCLI_BIN, "daemon", "stop"], { cwd: "/", env })
      .result(10_000)
      .catch(() => undefined);
  }
  await endProcesses(top);
  await removeTree(top);
}

/** Read-only folders (a store's, or a test's own) would keep `rm` from emptying them. */
async function removeTree(top: string): Promise<void> {
  try {
    await rm(top, { recursive: true, force: true });
  } catch {
    for (const entry of await readdir(top, { recursive: true, withFileTypes: true })) {
      if (entry.isDirectory()) await chmod(join(entry.parentPath, entry.name), 0o700);
    }
    await rm(top, { recursive: true, force: true });
  }
}
