/** A store in a temporary folder and a context on it, with what was said kept. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Ctx } from "#core/context.ts";
import { Flights } from "#core/flight.ts";
import { Memo } from "#core/memo.ts";
import { storePaths } from "#core/platform/paths.ts";

export interface StoreHome extends AsyncDisposable {
  dir: string;
  root: string;
  ctx: Ctx;
  /** Warnings and log lines. */
  said: string[];
  /** Below `dir`; the absolute path. */
  write(path: string, content: string | Uint8Array): Promise<string>;
  /** The bytes of every file in the store. */
  stored(): Promise<string[]>;
}

export async function storeHome(): Promise<StoreHome> {
  const dir = await mkdtemp(join(tmpdir(), "swcli-store-"));
  const root = join(dir, "root");
  const said: string[] = [];
  const note = (text: string) => void said.push(text);
  const ctx: Ctx = {
    env: { HOME: dir, PATH: process.env.PATH },
    cwd: dir,
    clock: { now: () => Date.now() },
    paths: storePaths(root),
    signal: new AbortController().signal,
    memo: new Memo(),
    longLived: false,
    flights: new Flights(),
    background: () => {},
    takeTurn: async () => {},
    report: { progress: () => {}, log: note, warn: note },
  };
  return {
    dir,
    root,
    ctx,
    said,
    async write(path, content) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), content);
      return join(dir, path);
    },
    stored: async () => await allFiles(root),
    [Symbol.asyncDispose]: async () => await rm(dir, { recursive: true, force: true }),
  };
}

async function allFiles(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), "latin1")));
}
