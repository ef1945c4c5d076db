/**
 * Uploads of blobs: skipped when there, mounted when the registry has them elsewhere, else sent in pieces and resumed
 * at the byte that the registry names. Tests: test/e2e/dockerize.test.ts, test/e2e/dockerize-hostile.test.ts
 */
import { SwError } from "#core/errors.ts";
import { Patience } from "#core/oci/patience.ts";
import { hasBlob, pushScope, type Registry } from "#core/oci/registry.ts";
import { refusal, send } from "#core/oci/request.ts";
import { sha256Hex } from "#core/platform/digest.ts";

/** Bytes that can be read again from any place. */
export interface BlobSource {
  readonly digest: string;
  readonly size: number;
  slice(from: number, to: number): Uint8Array | Blob;
  /** Called once before any byte is sent; throws when they are not what the digest says. */
  check?(): Promise<void>;
}

export type Pushed = "exists" | "mounted" | "pushed";

export const bytesSource = (bytes: Uint8Array): BlobSource => ({
  digest: `sha256:${sha256Hex(bytes)}`,
  size: bytes.length,
  slice: (from, to) => bytes.subarray(from, to),
});

export const fileSource = (path: string, digest: string, size: number): BlobSource => ({
  digest,
  size,
  slice: (from, to) => Bun.file(path).slice(from, to),
});

// A lost connection costs at most one piece, and a token may end between two.
const PIECE = 32 * 1024 * 1024;

export interface PushOptions {
  /** A repository of the same registry that has the blob: no bytes need to move. */
  readonly mountFrom?: string;
  readonly onProgress?: (sent: number) => void;
}

/** @throws SwError TRANSFER_FAILED, AUTH_FAILED */
export async function pushBlob(
  registry: Registry,
  repository: string,
  source: BlobSource,
  options: PushOptions = {},
): Promise<Pushed> {
  const scope = scopeOf(repository, options);
  if (await hasBlob(registry, { repository, digest: source.digest }, scope)) return "exists";
  const patience = new Patience(registry);
  let checked = false;
  for (;;) {
    const session = await startUpload(registry, { repository, scope, digest: source.digest, from: options.mountFrom });
    if (session === undefined) return "mounted";
    if (!checked) await source.check?.();
    checked = true;
    const upload: Upload = { registry, scope, source, location: session, patience, onProgress: options.onProgress };
    if (await uploadAll(upload)) return "pushed";
    // The failure that it was lost by has been counted and waited for.
    registry.ctx.report.log(`${registry.host} lost the upload of ${source.digest.slice(0, 19)}; starting it again`);
  }
}

/** Mounts the blob from another repository of the registry. @returns false when the registry would rather have the bytes */
export async function mountBlob(
  registry: Registry,
  repository: string,
  { digest, from }: { digest: string; from: string },
): Promise<boolean> {
  const scope = scopeOf(repository, { mountFrom: from });
  if (await hasBlob(registry, { repository, digest }, scope)) return true;
  const location = await startUpload(registry, { repository, scope, digest, from });
  if (location !== undefined) await send(registry, { method: "DELETE", path: location, scope }).catch(() => undefined);
  return location === undefined;
}

const scopeOf = (repository: string, { mountFrom }: PushOptions) =>
  mountFrom === undefined || mountFrom === repository
    ? pushScope(repository)
    : `${pushScope(repository)} repository:${mountFrom}:pull`;

/** Where to send the bytes; undefined when the registry mounted the blob. */
async function startUpload(
  registry: Registry,
  { repository, scope, digest, from }: { repository: string; scope: string; digest: string; from?: string },
): Promise<string | undefined> {
  const query = from === undefined ? "" : `?${new URLSearchParams({ mount: digest, from })}`;
  const path = `/v2/${repository}/blobs/uploads/${query}`;
  // An upload begun twice costs the registry a record that it drops by itself.
  const response = await send(registry, { method: "POST", path, scope, body: new Uint8Array(0), repeatable: true });
  if (response.status === 201) return undefined;
  const location = response.headers.get("location");
  if (response.status !== 202 || location === null) {
    throw await refusal(registry, response, `starting an upload to ${repository}`);
  }
  return absolute(registry, location);
}

const absolute = (registry: Registry, location: string) => new URL(location, registry.base).href;

interface Upload {
  readonly registry: Registry;
  readonly scope: string;
  readonly source: BlobSource;
  location: string;
  /** One for the whole blob, however many sessions it takes. */
  readonly patience: Patience;
  readonly onProgress: ((sent: number) => void) | undefined;
}

/** @throws SwError TRANSFER_FAILED when it was tried often enough */
async function waitOrGiveUp({ registry, source, patience }: Upload, outcome: Response | undefined): Promise<void> {
  if (!(await patience.again(outcome))) throw lostUpload(registry, source);
}

/** @returns false when the session is gone and a new one is needed */
async function uploadAll(upload: Upload): Promise<boolean> {
  const { size } = upload.source;
  let at = 0;
  // The last piece goes with the PUT that ends the upload: one request for small blobs.
  while (size - at > PIECE) {
    const next = await sendPiece(upload, at);
    if (next === undefined) return false;
    at = next;
    upload.patience.reached(at);
    upload.onProgress?.(at);
  }
  return await finishUpload(upload, at);
}

/** Sends one piece. @returns where to go on, undefined when the registry forgot the upload */
async function sendPiece(upload: Upload, at: number): Promise<number | undefined> {
  const to = Math.min(at + PIECE, upload.source.size);
  const response = await sendBody(upload, { method: "PATCH", path: upload.location, from: at, to });
  if (response?.status === 202 || response?.status === 204 || response?.status === 201) {
    upload.location = absolute(upload.registry, response.headers.get("location") ?? upload.location);
    return endOfRange(response) ?? to;
  }
  if (isRefused(response)) throw await refusal(upload.registry, response, `pushing ${upload.source.digest}`);
  await waitOrGiveUp(upload, response);
  return await askOffset(upload);
}

/** An answer that no repetition changes; 404 and 416 mean that the registry is elsewhere than we thought. */
const isRefused = (response: Response | undefined): response is Response =>
  response !== undefined &&
  response.status >= 400 &&
  response.status < 500 &&
  ![404, 408, 416].includes(response.status);

/** No answer is an answer: the connection broke on the way. */
async function sendBody(
  { registry, scope, source }: Upload,
  part: { method: "PATCH" | "PUT"; path: string; from: number; to: number },
): Promise<Response | undefined> {
  const { method, path, from, to } = part;
  const headers: Record<string, string> = { "content-type": "application/octet-stream" };
  if (to > from && (method === "PATCH" || from > 0)) headers["content-range"] = `${from}-${to - 1}`;
  try {
    return await send(registry, { method, path, scope, headers, body: source.slice(from, to) });
  } catch (e) {
    if (!(e instanceof SwError) || e.code !== "TRANSFER_FAILED") throw e;
    registry.ctx.report.log(`${registry.host} broke off ${source.digest.slice(0, 19)} at ${from} bytes or later`);
    return undefined;
  }
}

/** How far the registry got, in its own words. */
async function askOffset(upload: Upload): Promise<number | undefined> {
  const { registry, scope } = upload;
  const response = await send(registry, { method: "GET", path: upload.location, scope });
  if (response.status !== 204 && response.status !== 202) return undefined;
  upload.location = absolute(registry, response.headers.get("location") ?? upload.location);
  return endOfRange(response) ?? 0;
}

/** `Range: 0-1999999` means that byte 2000000 is next; `0-0` is also what registries say of nothing. */
function endOfRange(response: Response): number | undefined {
  const end = /^(?:bytes=)?0-(\d+)$/.exec(response.headers.get("range") ?? "")?.[1];
  if (end === undefined) return undefined;
  return Number(end) === 0 ? 0 : Number(end) + 1;
}

async function finishUpload(upload: Upload, at: number): Promise<boolean> {
  const { registry, source } = upload;
  const url = new URL(upload.location);
  url.searchParams.set("digest", source.digest);
  const response = await sendBody(upload, { method: "PUT", path: url.href, from: at, to: source.size });
  if (response?.status === 201 || response?.status === 204) {
    await response.body?.cancel();
    upload.onProgress?.(source.size);
    return true;
  }
  if (isRefused(response)) throw await refusal(registry, response, `pushing ${source.digest}`);
  await waitOrGiveUp(upload, response);
  return await resumeFinish(upload);
}

/** After a broken PUT: the blob may be there, or a part of it. */
async function resumeFinish(upload: Upload): Promise<boolean> {
  const repository = /\/v2\/(.+)\/blobs\/uploads\//.exec(upload.location)?.[1];
  const digest = upload.source.digest;
  if (repository !== undefined && (await hasBlob(upload.registry, { repository, digest }, upload.scope))) return true;
  const offset = await askOffset(upload);
  if (offset === undefined) return false;
  upload.patience.reached(offset);
  return await finishUpload(upload, offset);
}

const lostUpload = (registry: Registry, source: BlobSource) =>
  new SwError("TRANSFER_FAILED", `${registry.host} keeps losing the upload of ${source.digest}`, {
    hint: "What arrived is kept: repeat the command to go on.",
  });
