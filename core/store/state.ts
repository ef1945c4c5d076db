/**
 * Small state records (refs, caches, settings) behind unstorage, with a driver of ours: unstorage's own file driver
 * does not write atomically. Keys are `group:name`, one JSON file each. Tests: test/unit/core/store/state.test.ts
 */
import { readdir, stat } from "node:fs/promises";
import { createStorage, defineDriver, type Storage } from "unstorage";
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";
import { readTextIfAny, removeFile, writeFileAtomic } from "#core/platform/fs-atomic.ts";

/** Records that may be lost at any time (caches); deleting the folder is harmless. */
export function openState(ctx: Ctx): Storage {
  const key = `state:${ctx.paths.cache}`;
  const known = ctx.memo.get<Storage>(key);
  if (known) return known;
  const storage = createStorage({ driver: atomicFs({ base: ctx.paths.cache, durable: false }) });
  ctx.memo.set(key, storage);
  return storage;
}

export interface AtomicFsOptions {
  base: string;
  /** Flush before publishing: true for what can't be made again. */
  durable: boolean;
}

/** An unstorage driver whose every write is whole or absent. */
export const atomicFs = defineDriver((options: AtomicFsOptions) => {
  const fileOf = (key: string) => `${options.base}/${key.replaceAll(":", "/")}.json`;
  return {
    name: "swcli-atomic-fs",
    options,
    hasItem: async (key: string) => await Bun.file(fileOf(key)).exists(),
    getItem: async (key: string) => (await readTextIfAny(fileOf(key))) ?? null,
    setItem: async (key: string, value: string) => {
      await writeFileAtomic(fileOf(key), value, { durable: options.durable });
    },
    removeItem: async (key: string) => await removeFile(fileOf(key)),
    getKeys: async (base = "") => await listKeys(options.base, base.replaceAll(":", "/")),
    getMeta: async (key: string) => {
      const info = await stat(fileOf(key));
      return { mtime: info.mtime, size: info.size };
    },
  };
});

async function listKeys(base: string, folder: string): Promise<string[]> {
  try {
    const names = await readdir(`${base}/${folder}`, { recursive: true });
    const prefix = folder === "" ? "" : `${folder.replace(/\/$/, "")}/`;
    return names
      .filter((name) => name.endsWith(".json"))
      .map((name) => (prefix + name.slice(0, -".json".length)).replaceAll("/", ":"));
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    return [];
  }
}
