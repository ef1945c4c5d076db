import { expect, test } from "bun:test";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Ctx } from "#core/context.ts";
import type { SwError } from "#core/errors.ts";
import { readShared, writeShared } from "#core/store/shared-cache.ts";
import { testWith } from "../../../helpers/needs.ts";
import {
  redisMissing,
  type SharedStore,
  sharedBucket,
  sharedFolder,
  sharedHttp,
  sharedRedis,
  silentServer,
} from "../../../servers/shared-stores.ts";
import { storeCtx } from "./store-ctx.ts";

const KEY = `lock:${"ab".repeat(32)}`;
const VALUE = { text: "numpy==1.26.4 ; marker\n", list: [1, "2", null], deep: { ä: true } };

interface Member {
  ctx: Ctx;
  warnings: string[];
}

/** A machine of the team: a store and a config of its own. */
async function member(
  ctx: Ctx,
  shared: Pick<SharedStore, "settings">,
  env: Record<string, string> = {},
): Promise<Member> {
  const config = join(ctx.paths.root, "config.yaml");
  const text = JSON.stringify({ swcli: { caches: { shared: shared.settings } } });
  if ((await readFile(config, "utf8").catch(() => "")) !== text) await writeFile(config, text);
  const warnings: string[] = [];
  const report = { ...ctx.report, warn: (text: string) => void warnings.push(text) };
  return { ctx: { ...ctx, report, env: { ...ctx.env, ...env, SW_CLI_CONFIG: config } }, warnings };
}

const stores = {
  "a folder": sharedFolder,
  "an http server with a login": async () => sharedHttp(),
  "a bucket that wants signatures": async () => sharedBucket(),
};

async function isShared(open: () => Promise<SharedStore>): Promise<void> {
  await using store = await open();
  await using one = await storeCtx();
  await using two = await storeCtx();
  const [ann, bob] = [await member(one.ctx, store), await member(two.ctx, store)];
  expect(await readShared(bob.ctx, KEY)).toBeUndefined();
  await writeShared(ann.ctx, KEY, VALUE);
  expect(await readShared(bob.ctx, KEY)).toEqual(VALUE);
  await writeShared(bob.ctx, KEY, { ...VALUE, list: [] });
  expect(await readShared(ann.ctx, KEY)).toEqual({ ...VALUE, list: [] });
  expect(await readShared(ann.ctx, `lock:${"cd".repeat(32)}`)).toBeUndefined();
  expect([...ann.warnings, ...bob.warnings]).toEqual([]);
}

for (const [name, open] of Object.entries(stores)) {
  test(`what one machine keeps in ${name} another one finds`, () => isShared(open));
}
testWith(await redisMissing())("what one machine keeps in Redis another one finds", () => isShared(sharedRedis));

test("an entry that was changed, or stands under another key, is none", async () => {
  await using store = sharedHttp();
  await using home = await storeCtx();
  const { ctx, warnings } = await member(home.ctx, store);
  await writeShared(ctx, KEY, VALUE);
  const [[path = "", text = ""] = []] = [...store.kept];
  const other = KEY.replaceAll("ab", "ef");
  for (const bad of [text.replace("1.26.4", "1.26.5"), text.replace(KEY, other), "{}", "[1]", "true", '"text"', ""]) {
    store.kept.set(path, bad);
    expect(await readShared(ctx, KEY)).toBeUndefined();
  }
  store.kept.set(path.replaceAll("ab", "ef"), text);
  expect(await readShared(ctx, other)).toBeUndefined();
  store.kept.set(path, text);
  expect(await readShared(ctx, KEY)).toEqual(VALUE);
  expect(warnings).toEqual([]);
});

test("a cache out of reach is asked once and warned of once a minute, by all processes of the store", async () => {
  await using silent = silentServer();
  await using home = await storeCtx();
  const settings = { driver: "http", options: { base: `http://${silent.host}/cache` } };
  const { ctx, warnings } = await member(home.ctx, { settings });
  expect(await readShared(ctx, KEY)).toBeUndefined();
  await writeShared(ctx, KEY, VALUE);
  await readShared((await member(home.other(), { settings })).ctx, KEY);
  expect(silent.connections()).toBe(1);
  expect(warnings).toEqual(["the shared cache (http) is left out for a minute: no answer within 2 s"]);
  const later = { ...ctx, clock: { now: () => Date.now() + 61_000 } };
  await readShared(later, KEY);
  expect(silent.connections()).toBe(2);
});

test("other settings are tried at once, although the ones before failed", async () => {
  await using store = sharedHttp();
  await using home = await storeCtx();
  const gone = { driver: "http", options: { base: "http://127.0.0.1:1/cache" } };
  const { ctx, warnings } = await member(home.ctx, { settings: gone });
  await writeShared(ctx, KEY, VALUE);
  expect(warnings.length).toBe(1);
  const again = await member(ctx, store);
  await writeShared(again.ctx, KEY, VALUE);
  expect(await readShared(again.ctx, KEY)).toEqual(VALUE);
});

test("who may only read goes on reading, warned once that nothing is written", async () => {
  await using store = sharedHttp();
  await using home = await storeCtx();
  const { ctx, warnings } = await member(home.ctx, store);
  await writeShared(ctx, KEY, VALUE);
  store.readOnly = true;
  await writeShared(ctx, KEY, {});
  await writeShared(ctx, KEY, {});
  expect(await readShared(ctx, KEY)).toEqual(VALUE);
  expect(warnings).toEqual([expect.stringContaining("not written to for a minute")]);
});

const REFUSING: Readonly<Record<string, () => Promise<SharedStore>>> = {
  http: async () => sharedHttp(),
  s3: async () => sharedBucket(),
};

for (const [driver, open] of Object.entries(REFUSING)) {
  test(`a login that ${driver} refuses is one warning without the secret`, async () => {
    await using store = await open();
    await using home = await storeCtx();
    const wrong = JSON.parse(
      JSON.stringify(store.settings).replaceAll(/s3cret%2Fword|bucket-secret|AKIDTEAM/g, "wr0ng-word"),
    );
    const { ctx, warnings } = await member(home.ctx, { settings: wrong });
    expect(await readShared(ctx, KEY)).toBeUndefined();
    expect(warnings.length).toBe(1);
    expect(warnings[0]).toMatch(/40[13]/);
    expect(`${warnings} ${await stateTexts(ctx)}`).not.toMatch(/wr0ng|blue-key/);
  });
}

testWith(await redisMissing())(
  "a password that Redis refuses, and one that is gone, are one warning each",
  async () => {
    await using home = await storeCtx();
    const { settings } = await (async () => {
      await using store = await sharedRedis();
      const wrong = { driver: "redis", options: { ...store.settings.options, password: "wr0ng-word" } };
      const { ctx, warnings } = await member(home.ctx, { settings: wrong });
      expect(await readShared(ctx, KEY)).toBeUndefined();
      expect(warnings.join()).toMatch(/WRONGPASS|NOAUTH/);
      expect(warnings.join()).not.toContain("wr0ng");
      return store;
    })();
    const { ctx, warnings } = await member(home.ctx, { settings });
    expect(await readShared(ctx, KEY)).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining("ECONNREFUSED")]);
  },
);

test("the settings take variables of the client, and one that is not set is said", async () => {
  await using store = sharedBucket();
  await using home = await storeCtx();
  const options = { ...store.settings.options, secretAccessKey: "${TEAM_KEY}" };
  const settings = { driver: "s3", options };
  const with_ = await member(home.ctx, { settings }, { TEAM_KEY: "bucket-secret" });
  await writeShared(with_.ctx, KEY, VALUE);
  expect(await readShared(with_.ctx, KEY)).toEqual(VALUE);
  const without = await member(home.ctx, { settings });
  expect(await readShared(without.ctx, KEY)).toBeUndefined();
  expect(without.warnings.join()).toContain("the variable TEAM_KEY is not set");
});

test("an abort is an abort, not a cache out of reach", async () => {
  await using silent = silentServer();
  await using home = await storeCtx();
  const settings = { driver: "http", options: { base: `http://${silent.host}/cache` } };
  const { ctx, warnings } = await member(home.ctx, { settings });
  const reading = readShared({ ...ctx, signal: AbortSignal.timeout(100) }, KEY);
  expect(await reading.catch((e: SwError) => e.code)).toBe("CANCELLED");
  expect(warnings).toEqual([]);
});

async function stateTexts(ctx: Ctx): Promise<string> {
  const names = (await readdir(ctx.paths.cache, { recursive: true })).filter((name) => name.endsWith(".json"));
  return (await Promise.all(names.map((name) => readFile(join(ctx.paths.cache, name), "utf8")))).join();
}
