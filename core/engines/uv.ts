/**
 * uv, the engine that resolves, locks and installs: where its program is and how it is called.
 * Owns the tools folder's `uv-*`; knows nothing of locks or environments. Tests: test/unit/core/engines/uv.test.ts
 */
import { chmod, mkdir, rename, stat } from "node:fs/promises";
import type { Ctx, Env } from "#core/context.ts";
import { SwError, errno } from "#core/errors.ts";
import { embeddedUvPack } from "#core/platform/build-info.ts";
import { sha256File, sha256Hex } from "#core/platform/digest.ts";
import { writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { run, type RunResult } from "#core/platform/proc.ts";

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
  });
}

/** The program: `SWCLI_UV`, else the embedded one, unpacked at first use. */
export async function uvPath(ctx: Ctx): Promise<string> {
  const own = ctx.env["SWCLI_UV"];
  if (own) return own;
  const known = ctx.memo.get<string>("uv:path");
  if (known !== undefined && (await isThere(known))) return known;
  const path = await unpackUv(ctx);
  ctx.memo.set("uv:path", path);
  return path;
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

interface PackInfo {
  path: string;
  bytes: Uint8Array;
  digest: string;
}

/** `<tools>/uv-<digest of the pack>/uv`, beside a file with the program's own digest. */
async function unpackUv(ctx: Ctx): Promise<string> {
  const pack = await readPack();
  const folder = `${ctx.paths.tools}/uv-${pack.digest.slice(0, 16)}`;
  const program = `${folder}/uv`;
  if (await isIntact(program)) return program;
  ctx.report.log(`unpacking uv to ${folder}`);
  const bytes = await Bun.zstdDecompress(pack.bytes);
  await mkdir(folder, { recursive: true });
  const temp = `${program}.${process.pid}.${ctx.clock.now()}.tmp`;
  await Bun.write(temp, bytes);
  await chmod(temp, 0o755);
  await writeFileAtomic(`${program}.sha256`, sha256Hex(bytes));
  await rename(temp, program);
  return program;
}

async function readPack(): Promise<PackInfo> {
  try {
    const path = await embeddedUvPack();
    const bytes = await Bun.file(path).bytes();
    return { path, bytes, digest: sha256Hex(bytes) };
  } catch (e) {
    throw new SwError("ENGINE_MISSING", "this build of swcli holds no uv", {
      hint: "Set SWCLI_UV to a uv program, or build with scripts/build.",
      cause: e,
    });
  }
}

async function isIntact(program: string): Promise<boolean> {
  const expected = await readDigest(`${program}.sha256`);
  if (expected === undefined || !(await isThere(program))) return false;
  return (await sha256File(program)).hex === expected;
}

async function readDigest(path: string): Promise<string | undefined> {
  const file = Bun.file(path);
  return (await file.exists()) ? (await file.text()).trim() : undefined;
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR") throw e;
    return false;
  }
}
