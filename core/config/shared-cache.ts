/**
 * `swcli.caches.shared` of the config: where a team keeps what it resolved. What may be a credential is a Secret; every
 * text may hold `${VARIABLES}` of the client's environment. Opens nothing. Tests: test/unit/core/config/shared-cache.test.ts
 */
import * as v from "valibot";
import { Secret } from "#core/config/secret.ts";

const Hidden = v.pipe(v.string(), v.transform(Secret.of));
const Port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));

/** Options that are not named here are refused: a misspelt one would be a cache that nobody shares. */
export const SharedCacheSchema = v.variant("driver", [
  v.strictObject({ driver: v.literal("fs"), options: v.strictObject({ base: v.string() }) }),
  v.strictObject({
    driver: v.literal("http"),
    // An address may hold a login.
    options: v.strictObject({ base: Hidden, headers: v.nullish(v.record(v.string(), Hidden), {}) }),
  }),
  v.strictObject({
    driver: v.literal("redis"),
    options: v.strictObject({
      url: v.nullish(Hidden),
      host: v.nullish(v.string()),
      port: v.nullish(Port),
      db: v.nullish(v.number()),
      username: v.nullish(v.string()),
      password: v.nullish(Hidden),
      tls: v.nullish(v.boolean(), false),
      base: v.nullish(v.string()),
      /** Seconds that an entry is kept; for good unless said. */
      ttl: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1))),
    }),
  }),
  v.strictObject({
    driver: v.literal("s3"),
    options: v.strictObject({
      endpoint: v.string(),
      bucket: v.string(),
      region: v.string(),
      accessKeyId: Hidden,
      secretAccessKey: Hidden,
    }),
  }),
]);

export type SharedCache = v.InferOutput<typeof SharedCacheSchema>;
