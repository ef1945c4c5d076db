/**
 * A cache that a team or a CI shares (`swcli.caches.shared`): entries under a digest of the question, sealed with a digest
 * of the answer. Out of reach it costs one short wait a minute and one warning, never a failure. What an entry means, and
 * whether it answers the question, is its reader's to check. Tests: test/unit/core/store/shared-cache.test.ts
 */
import { stat } from "node:fs/promises";
import type { Storage } from "unstorage";
import * as v from "valibot";
import { readConfig } from "#core/config/config-file.ts";
import { Secret } from "#core/config/secret.ts";
import type { SharedCache } from "#core/config/shared-cache.ts";
import type { Ctx } from "#core/context.ts";
import { throwIfAborted } from "#core/errors.ts";
import { canonicalJson, sha256Hex } from "#core/platform/digest.ts";
import { configPath } from "#core/platform/paths.ts";
import { redactUrl } from "#core/platform/redact.ts";
import { fill, openShared } from "#core/store/shared-drivers.ts";
import { openState } from "#core/store/state.ts";

// As long as a person hardly notices; a resolution takes as much.
const TIMEOUT_MS = 2000;
const DOWN_MS = 60_000;
const FORMAT = 1;

const Entry = v.strictObject({
  format: v.literal(FORMAT),
  key: v.string(),
  sha256: v.string(),
  value: v.unknown(),
});

/** What somebody kept under `key`, whole and unchanged; undefined for anything else. `key` is `kind:<hex>`. */
export async function readShared(ctx: Ctx, key: string): Promise<unknown> {
  const found = await withShared(
    ctx,
    "read",
    async (storage) => await plain(await storage.getItem<unknown>(placeOf(key))),
  );
  const parsed = v.safeParse(Entry, found);
  if (!parsed.success || parsed.output.key !== key) return undefined;
  const { value, sha256 } = parsed.output;
  return sha256 === sealOf(key, value) ? value : undefined;
}

/** Keeps `value` (JSON) for others, as well as it can be done now. */
export async function writeShared(ctx: Ctx, key: string, value: unknown): Promise<void> {
  const entry = JSON.stringify({ format: FORMAT, key, sha256: sealOf(key, value), value });
  await withShared(ctx, "write", async (storage) => {
    await storage.setItem(placeOf(key), entry, { headers: { "content-type": "application/json" } });
  });
}

const placeOf = (key: string) => `swcli:v${FORMAT}:${key}`;
const sealOf = (key: string, value: unknown) => sha256Hex(canonicalJson({ format: FORMAT, key, value }));

/** Servers differ in what they call the type of what they were given; a text comes parsed where it can be. */
async function plain(found: unknown): Promise<unknown> {
  if (!(found instanceof Blob)) return found;
  try {
    return JSON.parse(await found.text());
  } catch (e) {
    if (!(e instanceof SyntaxError)) throw e;
    return undefined;
  }
}

/** An account that may only read is none that can't be reached. */
type Way = "read" | "write";

async function withShared<T>(ctx: Ctx, way: Way, use: (storage: Storage) => Promise<T>): Promise<T | undefined> {
  const { shared } = (await readConfig(ctx)).swcli.caches;
  if (!shared || (await isDown(ctx, "read")) || (way === "write" && (await isDown(ctx, way)))) return undefined;
  try {
    return await inTime(ctx, attempt(ctx, shared, use));
  } catch (e) {
    throwIfAborted(ctx.signal);
    await setDown(ctx, way);
    const left = way === "read" ? "left out" : "not written to";
    ctx.report.warn(`the shared cache (${shared.driver}) is ${left} for a minute: ${reasonOf(ctx, shared, e)}`);
    return undefined;
  }
}

async function attempt<T>(ctx: Ctx, shared: SharedCache, use: (storage: Storage) => Promise<T>): Promise<T> {
  const { storage, close, complaint } = await openShared(ctx, shared, TIMEOUT_MS);
  try {
    return await use(storage);
  } catch (e) {
    throw complaint?.() ?? e;
  } finally {
    await close();
  }
}

/** What is late goes on by itself; nobody looks at it any more. */
async function inTime<T>({ signal }: Ctx, work: Promise<T>): Promise<T> {
  const end = Promise.withResolvers<never>();
  const stop = () => end.reject(new Error(`no answer within ${TIMEOUT_MS / 1000} s`));
  const timer = setTimeout(stop, TIMEOUT_MS);
  signal.addEventListener("abort", stop, { once: true });
  work.catch(() => {});
  try {
    return await Promise.race([work, end.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

const Down = v.object({ until: v.number(), which: v.string() });

/** On disk, since without a daemon every command is a process of its own. */
async function isDown(ctx: Ctx, way: Way): Promise<boolean> {
  const kept = v.safeParse(Down, await openState(ctx).getItem<unknown>(downKey(way)));
  if (!kept.success || kept.output.which !== (await whichSettings(ctx))) return false;
  const left = kept.output.until - ctx.clock.now();
  return left > 0 && left <= DOWN_MS;
}

async function setDown(ctx: Ctx, way: Way): Promise<void> {
  const down: v.InferOutput<typeof Down> = { until: ctx.clock.now() + DOWN_MS, which: await whichSettings(ctx) };
  await openState(ctx).setItem(downKey(way), down);
}

const downKey = (way: Way) => `shared-cache-down:${way}`;

/** Corrected settings are tried at once. The file's stamp, since a digest of them would be one of a password too. */
async function whichSettings({ env }: Ctx): Promise<string> {
  const { ino, size, mtimeMs } = await stat(configPath(env));
  return `${ino}:${size}:${mtimeMs}`;
}

const MAX_REASON = 300;

function reasonOf(ctx: Ctx, { options }: SharedCache, e: unknown): string {
  const [line = ""] = (e instanceof Error ? e.message || e.name : String(e)).split("\n");
  const hidden = secretsIn(ctx, Object.values(options)).reduce((text, secret) => text.replaceAll(secret, "***"), line);
  return redactUrl(hidden).slice(0, MAX_REASON);
}

function secretsIn(ctx: Ctx, values: readonly unknown[]): string[] {
  return values.flatMap((value) => {
    if (value instanceof Secret) return [value.reveal(), filled(ctx, value)].filter((text) => text !== "");
    return typeof value === "object" && value !== null ? secretsIn(ctx, Object.values(value)) : [];
  });
}

function filled(ctx: Ctx, secret: Secret): string {
  try {
    return fill(ctx.env, secret);
  } catch {
    // A variable that is not set hides nothing.
    return "";
  }
}
