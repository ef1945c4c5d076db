/**
 * Downloads of blobs: as a stream, or into a file that is resumed where the connection broke and checked at its end.
 * Tests: test/e2e/dockerize.test.ts, test/e2e/dockerize-hostile.test.ts
 */
import { open } from "node:fs/promises";
import { SwError, throwIfAborted } from "#core/errors.ts";
import { Patience } from "#core/oci/patience.ts";
import { pullScope, type Registry } from "#core/oci/registry.ts";
import { noAnswer, refusal, send } from "#core/oci/request.ts";
import { sha256File } from "#core/platform/digest.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { onLoan } from "#core/platform/piece-loan.ts";

export interface BlobAt {
  readonly repository: string;
  readonly digest: string;
  readonly size: number;
}

/** The bytes from `from` on, unchecked, in pieces on loan; a registry that does not know ranges makes us skip. */
export async function* openBlobAt(registry: Registry, blob: BlobAt, from = 0): AsyncGenerator<Uint8Array> {
  const path = `/v2/${blob.repository}/blobs/${blob.digest}`;
  const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
  const scope = pullScope(blob.repository);
  const response = await send(registry, { method: "GET", path, scope, headers, slow: true });
  if (!response.ok || !response.body) throw await refusal(registry, response, `${blob.repository}@${blob.digest}`);
  let skip = response.status === 206 ? 0 : from;
  try {
    for await (const chunk of onLoan(response.body)) {
      const rest = chunk.subarray(Math.min(skip, chunk.length));
      skip -= chunk.length - rest.length;
      if (rest.length > 0) yield rest;
    }
  } catch (e) {
    throwIfAborted(registry.ctx.signal);
    throw e instanceof SwError || !(e instanceof Error) ? e : noAnswer(registry, e);
  }
}

/** The stream again and again until all bytes came: for readers that can't start anew. */
export async function* streamBlob(registry: Registry, blob: BlobAt): AsyncGenerator<Uint8Array> {
  const patience = new Patience(registry);
  for (let at = 0; at < blob.size; ) {
    let broken: unknown;
    try {
      for await (const chunk of openBlobAt(registry, blob, at)) {
        at += chunk.length;
        yield chunk;
      }
    } catch (e) {
      if (!isBroken(e)) throw e;
      broken = e;
    }
    if (at < blob.size && !(await goOn(patience, blob, at))) throw broken ?? cutShort(registry, blob, at);
  }
}

/** After a stream that ended early: waits, unless it is no use any more. */
async function goOn(patience: Patience, blob: BlobAt, at: number): Promise<boolean> {
  const { ctx, host } = patience.who;
  patience.reached(at);
  ctx.report.log(`${host} sent ${at} of ${blob.size} bytes of ${blob.digest.slice(0, 19)}`);
  return await patience.again(undefined);
}

const isBroken = (e: unknown) => e instanceof SwError && e.code === "TRANSFER_FAILED" && e.detail?.status === undefined;

const cutShort = (registry: Registry, blob: BlobAt, at: number) =>
  new SwError("TRANSFER_FAILED", `${registry.host} sent ${at} of ${blob.size} bytes of ${blob.digest}`);

/**
 * The blob as a file at `path`, which may hold its beginning from an earlier try.
 * @throws SwError HASH_MISMATCH (and the file is gone) when the bytes are others
 */
export async function pullBlob(registry: Registry, blob: BlobAt, path: string): Promise<void> {
  const patience = new Patience(registry);
  for (;;) {
    const at = await append(registry, blob, path);
    if (at >= blob.size) break;
    if (!(await goOn(patience, blob, at))) throw cutShort(registry, blob, at);
  }
  const { hex } = await sha256File(path);
  if (`sha256:${hex}` === blob.digest) return;
  await removeFile(path);
  throw new SwError("HASH_MISMATCH", `${registry.host} sent other bytes than ${blob.repository}@${blob.digest}`);
}

/** How many bytes are there now. */
async function append(registry: Registry, blob: BlobAt, path: string): Promise<number> {
  const file = await open(path, "a", 0o600);
  try {
    let at = (await file.stat()).size;
    if (at >= blob.size) return at;
    for await (const chunk of openBlobAt(registry, blob, at)) {
      await file.writeFile(chunk);
      at += chunk.length;
    }
    return at;
  } catch (e) {
    if (!isBroken(e)) throw e;
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}
