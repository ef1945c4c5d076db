/** Environments that are only folders with a marker: what gc looks at, without Python or network. */
import { chmod, mkdir, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Home } from "../helpers/home.ts";

export interface SmallEnv {
  key: string;
  prefix: string;
  /** Says when it was last used. */
  usedAt(ms: number): Promise<void>;
}

/** Makes the environment of a version; `letter` makes its key. `bin/python` is a copy of a program that can run. */
export async function makeEnv(home: Home, version: string, letter: string, createdAt = Date.now()): Promise<SmallEnv> {
  const key = letter.repeat(32);
  const envs = join(home.root, ".envs");
  const prefix = join(envs, `${key}-1`);
  await mkdir(join(prefix, "bin"), { recursive: true });
  await mkdir(join(prefix, "lib/python3.11/site-packages"), { recursive: true });
  await writeFile(join(prefix, "pyvenv.cfg"), "home = /bin\n");
  const python = join(prefix, "bin/python");
  await Bun.write(python, Bun.file(Bun.which("sleep") ?? "/bin/sleep"));
  await chmod(python, 0o755);
  await writeFile(join(prefix, "data"), "x".repeat(100_000));
  const base = await stat("/bin/sh");
  const stamp = `${base.size}:${base.mtimeMs}`;
  const marker = {
    format: 1,
    key,
    n: 1,
    prefix,
    mode: "venv",
    python: { path: "/bin/sh", version: "3.11.0", stamp },
    created_at: createdAt,
  };
  await writeFile(join(envs, `${key}.json`), JSON.stringify(marker));
  const pointers = join(home.root, ".store/v1/cache/pointers");
  await mkdir(pointers, { recursive: true });
  await writeFile(join(pointers, `${version}.json`), key);
  const used = join(envs, `${key}.used`);
  return {
    key,
    prefix,
    async usedAt(ms) {
      await writeFile(used, "");
      await utimes(used, new Date(ms), new Date(ms));
    },
  };
}

export interface SmallWritable {
  name: string;
  prefix: string;
  usedAt(ms: number): Promise<void>;
}

/** A writable environment, kept by its name or for the process of an owner. */
export async function makeWritable(
  home: Home,
  name: string,
  owner: { pid: number; started: string } | null = null,
): Promise<SmallWritable> {
  const folder = join(home.root, ".envs/writable");
  const prefix = join(folder, name);
  await mkdir(join(prefix, "bin"), { recursive: true });
  await mkdir(join(prefix, ".swcli"));
  await writeFile(join(prefix, ".swcli/writable"), `${name}\n`);
  await writeFile(join(prefix, "bin/python"), "x".repeat(100_000));
  const about = { format: 1, name, prefix, mode: "venv", project: "self", runtime: "a", version: "v" };
  await writeFile(join(folder, `${name}.json`), JSON.stringify({ ...about, created_at: Date.now(), owner }));
  const used = join(folder, `${name}.used`);
  return {
    name,
    prefix,
    async usedAt(ms) {
      await writeFile(used, "");
      await utimes(used, new Date(ms), new Date(ms));
    },
  };
}

/** As leases and owners name a living process. */
export async function identity(pid: number): Promise<{ pid: number; started: string }> {
  const stat = await Bun.file(`/proc/${pid}/stat`).text();
  return { pid, started: stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "" };
}

/** Nobody's: beyond the limit of pids. */
export const GONE = { pid: 1 << 22, started: "1" };
