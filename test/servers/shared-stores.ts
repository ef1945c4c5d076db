/**
 * What a team may keep its resolutions in, each real and on loopback: a folder, an http server that keeps what it is
 * given, Debian's redis-server, and a bucket. The bucket alone is not somebody else's program (Debian has none): it keeps
 * objects and refuses what is not signed as AWS wants it (signature version 4, worked out here from its description).
 */
import { createHash, createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, installed } from "./registry.ts";

export interface SharedStore extends AsyncDisposable {
  /** For `swcli.caches.shared`. */
  readonly settings: { driver: string; options: Record<string, unknown> };
  /** Texts that must not be shown to anybody. */
  readonly secrets: readonly string[];
}

export interface KeepingStore extends SharedStore {
  /** Path → text; a test may change it. */
  readonly kept: Map<string, string>;
  /** `METHOD /path` of what came. */
  readonly seen: string[];
  /** True refuses what is put. */
  readOnly: boolean;
}

export async function sharedFolder(): Promise<SharedStore> {
  const dir = await mkdtemp(join(tmpdir(), "sw-shared-"));
  return {
    settings: { driver: "fs", options: { base: dir } },
    secrets: [],
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

/** Wants the login `team:s3cret/word` and a header of its own. */
export function sharedHttp(): KeepingStore {
  const wanted = `Basic ${btoa("team:s3cret/word")}`;
  const server = keepingServer((request) => {
    const isKnown = request.headers.get("authorization") === wanted && request.headers.get("x-team") === "blue-key";
    return isKnown ? undefined : new Response("who are you?", { status: 401 });
  });
  const base = `http://team:s3cret%2Fword@${server.host}/cache`;
  return Object.assign(server, {
    settings: { driver: "http", options: { base, headers: { "x-team": "blue-key" } } },
    secrets: ["s3cret", "blue-key"],
  });
}

/** Wants a signature of the key pair below. */
export function sharedBucket(): KeepingStore {
  const [id, secret] = ["AKIDTEAM", "bucket-secret"];
  const server = keepingServer((request, body) =>
    isSigned({ request, body }, { id, secret, region: "eu-test-1" })
      ? undefined
      : new Response(`<Error><Code>InvalidAccessKeyId</Code> ${request.headers.get("authorization")}</Error>`, {
          status: 403,
        }),
  );
  const endpoint = `http://${server.host}`;
  const options = { endpoint, bucket: "team", region: "eu-test-1", accessKeyId: id, secretAccessKey: secret };
  return Object.assign(server, { settings: { driver: "s3", options }, secrets: [secret] });
}

interface Keeping extends AsyncDisposable {
  host: string;
  kept: Map<string, string>;
  seen: string[];
  readOnly: boolean;
}

function keepingServer(
  refuse: (request: Request, body: string) => Response | undefined | Promise<Response | undefined>,
): Keeping {
  const kept = new Map<string, string>();
  const rights = { readOnly: false };
  const seen: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      seen.push(`${request.method} ${pathname}`);
      const body = await request.text();
      const refused = await refuse(request, body);
      if (refused) return refused;
      if (request.method === "PUT" && rights.readOnly) return new Response("you may only read", { status: 403 });
      if (request.method === "PUT") kept.set(pathname, body);
      const text = kept.get(pathname);
      return text === undefined ? new Response("nothing", { status: 404 }) : new Response(text, OCTETS);
    },
  });
  return Object.assign(rights, {
    host: `127.0.0.1:${server.port}`,
    kept,
    seen,
    [Symbol.asyncDispose]: () => server.stop(true),
  });
}

// What a plain file server says of names without an ending.
const OCTETS = { headers: { "content-type": "application/octet-stream" } };

interface Signed {
  request: Request;
  body: string;
}

interface KeyPair {
  id: string;
  secret: string;
  region: string;
}

function isSigned({ request, body }: Signed, { id, secret, region }: KeyPair): boolean {
  const shape = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Sig/;
  const [, givenId, day = "", givenRegion, names = ""] = shape.exec(request.headers.get("authorization") ?? "") ?? [];
  if (givenId !== id || givenRegion !== region) return false;
  const url = new URL(request.url);
  const bodyHash = request.headers.get("x-amz-content-sha256") ?? "";
  if (bodyHash !== "UNSIGNED-PAYLOAD" && bodyHash !== sha256(body)) return false;
  const headers = names.split(";").map((name) => `${name}:${request.headers.get(name)?.trim()}\n`);
  const canonical = [request.method, url.pathname, url.search.slice(1), headers.join(""), names, bodyHash].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", request.headers.get("x-amz-date"), scope, sha256(canonical)].join("\n");
  const key = [day, region, "s3", "aws4_request"].reduce<string | Buffer>((k, part) => hmac(k, part), `AWS4${secret}`);
  return request.headers.get("authorization")?.endsWith(`Signature=${hmac(key, toSign).toString("hex")}`) ?? false;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/** What is missing for `sharedRedis`, or nothing. */
export const redisMissing = () => installed(["redis-server"]);

/** With a password; keeps nothing on disk. */
export async function sharedRedis(): Promise<SharedStore> {
  const dir = await mkdtemp(join(tmpdir(), "sw-redis-"));
  const port = freePort();
  const words = [
    "--bind",
    "127.0.0.1",
    "--port",
    String(port),
    "--requirepass",
    "redis-word",
    "--save",
    "",
    "--dir",
    dir,
  ];
  const child = Bun.spawn(["redis-server", ...words], { stdio: ["ignore", "ignore", "ignore"] });
  await answering(port);
  return {
    settings: { driver: "redis", options: { host: "127.0.0.1", port, password: "redis-word", base: "team" } },
    secrets: ["redis-word"],
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function answering(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } }).catch(() => undefined);
    socket?.end();
    if (socket) return;
    await Bun.sleep(25);
  }
  throw new Error("redis-server does not answer");
}

/** Takes connections and never says a word. */
export function silentServer(): AsyncDisposable & { host: string; connections(): number } {
  let connections = 0;
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: () => {
        connections++;
      },
      data() {},
    },
  });
  return {
    host: `127.0.0.1:${listener.port}`,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => listener.stop(true),
  };
}
