/**
 * One file of a lock into the store: from the store itself, a folder, or the host that has it; nothing is taken whose hash
 * the lock does not name. Tests: test/unit/core/bundle/fetch-file.test.ts, test/e2e/bundle.test.ts
 */
import { createReadStream } from "node:fs";
import type { Logins } from "#core/bundle/logins.ts";
import { isOffline } from "#core/config/offline.ts";
import type { Ctx } from "#core/context.ts";
import { errno, SwError, throwIfAborted } from "#core/errors.ts";
import { redactUrl } from "#core/platform/redact.ts";
import { type Blob, keepBlob, putBlobStream } from "#core/store/blobs.ts";
import { bodyChunks, NoAnswer, request } from "#core/transfer/http.ts";
import { isTransient, retryAfterMs, TryAgain, withRetries } from "#core/transfer/retry.ts";

export interface WantedFile {
  name: string;
  url: string;
  /** `sha256:…`, `sha512:…`, `md5:…`: one of them must be the file's. */
  hashes: readonly string[];
  /** No other file has one of them, so what the store has under one is this file. */
  exact: boolean;
}

/** What fetching needs beside the file. */
export interface Fetching {
  logins: Logins;
  /** Told of each piece that came over the network. */
  moved: (bytes: number) => void;
}

/** @throws HASH_MISMATCH, TRANSFER_FAILED, AUTH_FAILED, FILE_NOT_FOUND */
export async function fetchFile(ctx: Ctx, want: WantedFile, fetching: Fetching): Promise<Pick<Blob, "sha256">> {
  for (const hash of want.exact ? want.hashes : []) {
    const sha256 = /^sha256:([0-9a-f]{64})$/.exec(hash)?.[1];
    if (sha256 !== undefined && (await keepBlob(ctx, sha256))) return { sha256 };
  }
  const url = new URL(want.url);
  if (url.protocol === "file:") return await take(ctx, want, localBytes(Bun.fileURLToPath(url)));
  if (isOffline(ctx.env)) throw notHere(want);
  return await withRetries(ctx, `fetching ${want.name}`, async () => {
    const response = await open(ctx, url, fetching.logins);
    if (response.status !== 200) throw refused(ctx, want, response);
    const chunks = bodyChunks(ctx, response, (error) => new TryAgain(error, { hopeless: error.hopeless }));
    return await take(ctx, want, metered(chunks, fetching));
  });
}

const notHere = ({ name }: WantedFile) =>
  new SwError("OFFLINE", `${name} is not here, and the network is switched off (UV_OFFLINE)`, {
    detail: { file: name },
  });

async function* metered(chunks: AsyncIterable<Uint8Array>, { moved }: Fetching): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    moved(chunk.length);
    yield chunk;
  }
}

async function* localBytes(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) yield chunk;
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "EACCES") throw e;
    throw new SwError("FILE_NOT_FOUND", `the package ${path} can't be read (${errno(e)})`, { cause: e });
  }
}

const MAX_REDIRECTS = 5;

/** Redirects by hand: a login is for its own host only. */
async function open(ctx: Ctx, first: URL, logins: Logins): Promise<Response> {
  let url = first;
  for (let redirects = 0; ; redirects++) {
    throwIfAborted(ctx.signal);
    const authorization = logins.headerFor(url);
    const response = await answer(ctx, url, {
      // The bytes themselves, as they were hashed.
      headers: { "accept-encoding": "identity", ...(authorization !== undefined && { authorization }) },
      insecureTls: logins.isTrusted(url),
    });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null || redirects >= MAX_REDIRECTS)
      return response;
    await response.body?.cancel();
    url = new URL(location, url);
  }
}

async function answer(
  ctx: Ctx,
  url: URL,
  want: { headers: Record<string, string>; insecureTls: boolean },
): Promise<Response> {
  try {
    return await request(ctx, { method: "GET", url: url.href, ...want });
  } catch (e) {
    if (e instanceof NoAnswer) throw new TryAgain(e, { hopeless: e.hopeless });
    throw e;
  }
}

function refused(ctx: Ctx, { name, url }: WantedFile, response: Response): Error {
  const { status } = response;
  const denied = status === 401 || status === 403;
  const error = new SwError(denied ? "AUTH_FAILED" : "TRANSFER_FAILED", `${name}: ${hostOf(url)} answers ${status}`, {
    hint: denied ? "Give the login for it in ~/.netrc, PIP_INDEX_URL or pip.conf." : undefined,
    detail: { url: redactUrl(url), status },
  });
  const afterMs = retryAfterMs(response.headers.get("retry-after"), ctx.clock.now());
  return isTransient(status) ? new TryAgain(error, { afterMs }) : error;
}

const hostOf = (url: string): string => new URL(url).host;

const ALGORITHMS = ["sha256", "sha384", "sha512", "md5"] as const;

/** Into the store under its own digest; gc takes what is refused. */
async function take(ctx: Ctx, want: WantedFile, body: AsyncIterable<Uint8Array>): Promise<Pick<Blob, "sha256">> {
  const kinds = ALGORITHMS.filter((kind) => want.hashes.some((hash) => hash.startsWith(`${kind}:`)));
  const hashers = kinds.map((kind) => ({ kind, hasher: new Bun.CryptoHasher(kind) }));
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      for (const { hasher } of hashers) hasher.update(chunk);
      yield chunk;
    }
  }
  const blob = await putBlobStream(ctx, hashed());
  const found = hashers.map(({ kind, hasher }) => `${kind}:${hasher.digest("hex")}`);
  if (found.some((hash) => want.hashes.includes(hash))) return blob;
  throw new SwError("HASH_MISMATCH", `${want.name} of ${redactUrl(want.url)} is not the file that was locked`, {
    hint: "It was cut off on its way or replaced at its index; repeat the command, and don't use it before you know why.",
    detail: { file: want.name, locked: want.hashes.slice(0, 5), found },
  });
}
