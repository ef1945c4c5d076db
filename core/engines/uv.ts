/**
 * uv, the engine that resolves, locks and installs: where its program is and how it is called.
 * Owns the tools folder's `uv-*`; knows nothing of locks or environments. Tests: test/unit/core/engines/uv.test.ts
 */
import { createWriteStream } from "node:fs";
import { chmod, mkdir, rename, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import { isAbsolute } from "pathe";
import type { Ctx } from "#core/context.ts";
import pin from "#core/engines/uv-pin.json" with { type: "json" };
import { errno, SwError } from "#core/errors.ts";
import { type UvPack, uvPack } from "#core/platform/build-info.ts";
import { sha256File } from "#core/platform/digest.ts";
import type { Env } from "#core/platform/env.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { type RunResult, run } from "#core/platform/proc.ts";

/** The version that every lock key names. */
export const UV_VERSION: string = pin.version;

export interface UvOptions {
  cwd?: string;
  /** Laid over the scrubbed environment of the client. */
  env?: Record<string, string>;
  onLine?: (line: string) => void;
  stdin?: string;
}

/** Runs uv without the user's uv.toml and without variables that would change what we asked for. */
export async function runUv(ctx: Ctx, args: string[], options: UvOptions = {}): Promise<RunResult> {
  const uv = await uvPath(ctx);
  return await run(ctx, [uv, ...args], {
    cwd: options.cwd ?? ctx.paths.store,
    env: { ...uvEnv(ctx.env), ...options.env },
    onLine: options.onLine,
    stdin: options.stdin,
    // A venv is made in milliseconds; a resolution or an install can go on for minutes after a killed daemon.
    dieWithParent: args[0] !== "venv",
  });
}

/** The program: `SWCLI_UV`, else the embedded one, unpacked at first use. */
export async function uvPath(ctx: Ctx): Promise<string> {
  const own = ctx.env.SWCLI_UV;
  if (own) return await ownUv(own);
  const known = ctx.memo.get<string>("uv:path");
  if (known !== undefined && (await isThere(known))) return known;
  const path = await unpackUv(ctx);
  ctx.memo.set("uv:path", path);
  return path;
}

async function ownUv(path: string): Promise<string> {
  const isProgram = (await isThere(path)) && ((await stat(path)).mode & 0o111) !== 0;
  if (isProgram && isAbsolute(path)) return path;
  throw new SwError("ENGINE_MISSING", `SWCLI_UV names ${path}, which is no program by an absolute path`, {
    hint: "Unset SWCLI_UV to use the uv that is built in.",
  });
}

// What people set for uv and we honour; everything else of UV_* would change a lock or an install behind our back.
const HONOURED = new Set([
  "UV_CACHE_DIR",
  "UV_OFFLINE",
  "UV_HTTP_TIMEOUT",
  "UV_HTTP_RETRIES",
  "UV_HTTP_CONNECT_TIMEOUT",
  "UV_NATIVE_TLS",
  "UV_SYSTEM_CERTS",
  "UV_PYTHON_INSTALL_DIR",
  "UV_PYTHON_INSTALL_MIRROR",
  "UV_PYTHON_DOWNLOADS_JSON_URL",
  "UV_CONCURRENT_BUILDS",
  "UV_CONCURRENT_DOWNLOADS",
  "UV_CONCURRENT_INSTALLS",
  "UV_KEYRING_PROVIDER",
  "UV_LINK_MODE",
]);
const DROPPED = new Set(["VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH"]);

/** Also used where uv runs elsewhere with the same meaning (dockerize). */
export function uvEnv(env: Env): Record<string, string> {
  const out: Record<string, string> = { UV_NO_CONFIG: "1", UV_PYTHON_DOWNLOADS: "never", NO_COLOR: "1" };
  for (const [key, value] of Object.entries(env)) {
    if (value === undefined || DROPPED.has(key)) continue;
    if (!key.startsWith("UV_") || HONOURED.has(key) || isIndexCredential(key)) out[key] = value;
  }
  return out;
}

const isIndexCredential = (key: string) => /^UV_INDEX_.+_(USERNAME|PASSWORD)$/.test(key);

/** `<tools>/uv-<version>-<digest>/uv`: unpacked once, hashed again by each process that starts to use it. */
async function unpackUv(ctx: Ctx): Promise<string> {
  const pack = await embeddedPack();
  const folder = `${ctx.paths.tools}/uv-${pack.version}-${pack.sha256.slice(0, 12)}`;
  const program = `${folder}/uv`;
  if (await isIntact(program, pack)) return program;
  ctx.report.log(`unpacking uv ${pack.version} to ${folder}`);
  await mkdir(folder, { recursive: true });
  const temp = `${program}.${process.pid}.${ctx.clock.now()}.tmp`;
  try {
    // In pieces: whole it would be twice the memory that the daemon may have.
    await pipeline(Bun.file(pack.path).stream(), createZstdDecompress(), createWriteStream(temp));
    await chmod(temp, 0o755);
    await rename(temp, program);
  } finally {
    // There only when it failed, on a full disk for one.
    await removeFile(temp);
  }
  return program;
}

async function embeddedPack(): Promise<UvPack> {
  try {
    return await uvPack();
  } catch (e) {
    throw new SwError("ENGINE_MISSING", "this build of swcli holds no uv", {
      hint: "Set SWCLI_UV to a uv program, or build with scripts/build.",
      cause: e,
    });
  }
}

async function isIntact(program: string, pack: UvPack): Promise<boolean> {
  return (await isThere(program)) && (await sha256File(program)).hex === pack.sha256;
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR") throw e;
    return false;
  }
}
