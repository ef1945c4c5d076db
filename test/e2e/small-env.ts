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
