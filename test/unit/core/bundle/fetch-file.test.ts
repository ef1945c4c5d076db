import { afterEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchFile, type WantedFile } from "#core/bundle/fetch-file.ts";
import { indexLogins } from "#core/bundle/logins.ts";
import { SwError } from "#core/errors.ts";
import { storePaths } from "#core/platform/paths.ts";
import { hasBlob } from "#core/store/blobs.ts";
import { someCtx } from "../transfer/context.ts";

const BYTES = new TextEncoder().encode("a wheel");
const hashOf = (kind: "sha256" | "sha512" | "md5", bytes = BYTES) =>
  `${kind}:${new Bun.CryptoHasher(kind).update(bytes).digest("hex")}`;
const SHA256 = hashOf("sha256").slice("sha256:".length);

const left: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

/** A host for files; what it was asked with. */
function host(answer: (request: Request) => Response) {
  const asked: { path: string; authorization: string | null }[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      asked.push({ path: new URL(request.url).pathname, authorization: request.headers.get("authorization") });
      return answer(request);
    },
  });
  left.push(async () => await server.stop(true));
  return { url: `http://127.0.0.1:${server.port}`, asked };
}

async function machine(env: Record<string, string> = {}) {
  const dir = await mkdtemp(join(tmpdir(), "fetch-"));
  left.push(async () => await rm(dir, { recursive: true }));
  const ctx = { ...someCtx({ env: { HOME: dir, ...env } }), paths: storePaths(dir) };
  const fetch = async (want: Partial<WantedFile>, settings: Record<string, string> = {}) => {
    const logins = await indexLogins(ctx, { env: settings });
    const all = { name: "x.whl", url: "http://127.0.0.1:9/x.whl", hashes: [hashOf("sha256")], exact: true, ...want };
    const moved: number[] = [];
    try {
      const { sha256 } = await fetchFile(ctx, all, { logins, moved: (bytes) => moved.push(bytes) });
      return { sha256, moved: moved.reduce((sum, bytes) => sum + bytes, 0) };
    } catch (e) {
      if (e instanceof SwError) return { code: e.code, message: e.message };
      throw e;
    }
  };
  return { ctx, dir, fetch };
}

test("a file is taken by its hash, once: the second time nobody is asked", async () => {
  const files = host(() => new Response(BYTES));
  const { ctx, fetch } = await machine();
  expect(await fetch({ url: `${files.url}/x.whl` })).toEqual({ sha256: SHA256, moved: BYTES.length });
  expect(await hasBlob(ctx, SHA256)).toBe(true);
  expect(await fetch({})).toEqual({ sha256: SHA256, moved: 0 });
  expect(files.asked.length).toBe(1);
});

test("a hash that another file of the package may have does not stand for this one", async () => {
  const other = new TextEncoder().encode("the wheel of another platform");
  const { fetch } = await machine();
  const hashes = [hashOf("sha256"), hashOf("sha256", other)];
  await fetch({ url: `${host(() => new Response(BYTES)).url}/x.whl`, hashes, exact: false });
  const files = host(() => new Response(other));
  const taken = await fetch({ url: `${files.url}/y.whl`, hashes, exact: false });
  expect(taken.sha256).toBe(hashOf("sha256", other).slice("sha256:".length));
});

test("hashes of other kinds count, one of them has to fit", async () => {
  const { url } = host(() => new Response(BYTES));
  const { fetch } = await machine();
  expect(await fetch({ url, hashes: [hashOf("sha512"), "sha512:00"] })).toMatchObject({ sha256: SHA256 });
  expect(await fetch({ url, hashes: [hashOf("md5")] })).toMatchObject({ sha256: SHA256 });
  expect(await fetch({ url, hashes: ["sha512:00", "md5:00"] })).toMatchObject({ code: "HASH_MISMATCH" });
});

test("other bytes than the locked ones are refused, from a host or a folder", async () => {
  const { dir, fetch } = await machine();
  const bad = new TextEncoder().encode("a wheeL");
  await Bun.write(join(dir, "x.whl"), bad);
  const places = [host(() => new Response(bad)).url, Bun.pathToFileURL(join(dir, "x.whl")).href];
  for (const url of places) expect(await fetch({ url })).toMatchObject({ code: "HASH_MISMATCH" });
  const gone = await fetch({ url: Bun.pathToFileURL(join(dir, "y.whl")).href });
  expect(gone).toMatchObject({ code: "FILE_NOT_FOUND", message: expect.stringContaining("y.whl") });
});

test("a login does not follow a redirect to another host", async () => {
  const second = host(() => new Response(BYTES));
  const first = host(() => Response.redirect(`${second.url}/files/x.whl`, 302));
  const { fetch } = await machine();
  const index = `${first.url.replace("//", "//me:s3cret@")}/simple`;
  const taken = await fetch({ url: `${first.url}/x.whl` }, { UV_DEFAULT_INDEX: index });
  expect(taken).toMatchObject({ sha256: SHA256 });
  expect(first.asked).toEqual([{ path: "/x.whl", authorization: `Basic ${btoa("me:s3cret")}` }]);
  expect(second.asked).toEqual([{ path: "/files/x.whl", authorization: null }]);
});

test("an answer that says later is asked again, one that says no is not", async () => {
  let busy = 2;
  const files = host(({ url }) => {
    if (url.endsWith("/no")) return new Response("", { status: 403 });
    if (url.endsWith("/broken")) return new Response("", { status: 500 });
    return busy-- > 0 ? new Response("", { status: 503, headers: { "retry-after": "0" } }) : new Response(BYTES);
  });
  const { fetch } = await machine();
  expect(await fetch({ url: `${files.url}/no` })).toMatchObject({ code: "AUTH_FAILED" });
  expect(await fetch({ url: `${files.url}/broken` })).toMatchObject({ code: "TRANSFER_FAILED" });
  expect(files.asked.length).toBe(2);
  expect(await fetch({ url: `${files.url}/x.whl` })).toMatchObject({ sha256: SHA256 });
  expect(files.asked.length).toBe(5);
});

test("without the network only what is here is taken, and the file is named", async () => {
  const files = host(() => new Response(BYTES));
  const { fetch } = await machine({ UV_OFFLINE: "1" });
  const failed = await fetch({ url: files.url });
  expect(failed).toMatchObject({ code: "OFFLINE", message: expect.stringContaining("x.whl") });
  expect(files.asked).toEqual([]);
});
