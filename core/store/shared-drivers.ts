/**
 * The drivers of unstorage that a team's cache may use, each loaded when it is named and at no other time. Nothing here
 * tries again: who waits for a cache could have resolved meanwhile. Tests: test/unit/core/store/shared-cache.test.ts,
 * test/unit/core/store/shared-drivers.test.ts
 */
import { isAbsolute } from "pathe";
import { createStorage, type Storage } from "unstorage";
import { Secret } from "#core/config/secret.ts";
import type { SharedCache } from "#core/config/shared-cache.ts";
import type { Ctx } from "#core/context.ts";
import type { Env } from "#core/platform/env.ts";
import { expandHome } from "#core/platform/paths.ts";
import { atomicFs } from "#core/store/state.ts";

type OptionsOf<Name extends SharedCache["driver"]> = Extract<SharedCache, { driver: Name }>["options"];

export interface SharedStorage {
  storage: Storage;
  close: () => Promise<void>;
  /** What the connection itself complained of: more than the failed request knows. */
  complaint?: () => Error | undefined;
}

/** Connects when first used. @throws Error with a reason for people, when the settings can't be meant */
export async function openShared(
  ctx: Ctx,
  { driver, options }: SharedCache,
  timeoutMs: number,
): Promise<SharedStorage> {
  if (driver === "fs") return closing(createStorage({ driver: openFolder(ctx.env, options) }));
  if (driver === "http") return closing(await openHttp(ctx.env, options));
  if (driver === "s3") return closing(await openS3(ctx.env, options));
  return await openRedis(ctx.env, options, timeoutMs);
}

const closing = (storage: Storage): SharedStorage => ({ storage, close: () => storage.dispose() });

/** unstorage's own file driver would let others read half an entry. */
function openFolder(env: Env, options: OptionsOf<"fs">) {
  const base = expandHome(env, fill(env, options.base));
  if (!isAbsolute(base)) throw new Error(`${base} is not an absolute path`);
  return atomicFs({ base, durable: false });
}

async function openHttp(env: Env, options: OptionsOf<"http">): Promise<Storage> {
  const { default: httpDriver } = await import("unstorage/drivers/http");
  const url = new URL(fill(env, options.base));
  const login = url.username === "" ? {} : { authorization: basic(url) };
  const given = Object.entries(options.headers ?? {}).map(([name, value]) => [name, fill(env, value)]);
  const bare = Object.assign(new URL(url), { username: "", password: "" });
  const headers = { accept: "application/json", ...login, ...Object.fromEntries(given) };
  return createStorage({ driver: httpDriver({ base: bare.href, headers }) });
}

const basic = ({ username, password }: URL) =>
  `Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}`;

async function openS3(env: Env, options: OptionsOf<"s3">): Promise<Storage> {
  const { default: s3Driver } = await import("unstorage/drivers/s3");
  const filled = {
    endpoint: fill(env, options.endpoint),
    bucket: fill(env, options.bucket),
    region: fill(env, options.region),
    accessKeyId: fill(env, options.accessKeyId),
    secretAccessKey: fill(env, options.secretAccessKey),
  };
  return createStorage({ driver: s3Driver(filled) });
}

async function openRedis(env: Env, options: OptionsOf<"redis">, timeoutMs: number): Promise<SharedStorage> {
  const { default: redisDriver } = await import("unstorage/drivers/redis");
  const { url, host, port, db, username, password, tls, base, ttl } = options;
  const driver = redisDriver({
    ...(url && { url: fill(env, url) }),
    ...(host && { host: fill(env, host) }),
    ...(port && { port }),
    ...(db && { db }),
    ...(username && { username: fill(env, username) }),
    ...(password && { password: fill(env, password) }),
    ...(tls && { tls: {} }),
    ...(base && { base: fill(env, base) }),
    ...(ttl && { ttl }),
    connectTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let complaint: Error | undefined;
  // Unheard it would be written to the terminal.
  driver.getInstance?.()?.on("error", (e: Error) => {
    complaint ??= e;
  });
  return { ...closing(createStorage({ driver })), complaint: () => complaint };
}

/** @throws Error for a variable that is not set: an empty password is not what was meant */
export function fill(env: Env, text: string | Secret): string {
  const written = text instanceof Secret ? text.reveal() : text;
  return written.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => {
    const value = env[name];
    if (value === undefined) throw new Error(`the variable ${name} is not set`);
    return value;
  });
}
