/**
 * Makes `.pack/uv.zst` and `.pack/uv.json`: the pinned uv, fetched as a wheel through pip, checked, compressed.
 * Called by scripts/setup. Names no index: pip's own settings, or UV_DEFAULT_INDEX, say where wheels come from.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import pin from "../core/engines/uv-pin.json" with { type: "json" };

interface Wheel {
  readonly platform: string;
  readonly sha256: string;
}

const repo = dirname(import.meta.dir);
const pack = join(repo, ".pack");
const cache = join(process.env.SWCLI_DEV_CACHE ?? join(repo, ".cache"), `uv-${pin.version}`);
// 19 saves 1.7 MB and takes 20 seconds more: worth it for a release only.
const level = process.env.SWCLI_RELEASE === "1" ? 19 : 9;

async function main(): Promise<void> {
  const target = targetName();
  const wheel = (pin.wheels as Record<string, Wheel>)[target];
  if (!wheel) fail(`no uv ${pin.version} is pinned for ${target} (core/engines/uv-pin.json)`);
  const info = { version: pin.version, target, level, wheel: wheel.sha256 };
  if (await isPacked(info)) return;

  const dir = join(cache, target);
  mkdirSync(dir, { recursive: true });
  const uv = await unpackedUv(dir, wheel);
  const bytes = await Bun.file(uv).bytes();
  const packed = join(dir, `uv.${level}.zst`);
  if (!existsSync(packed)) {
    say(`compressing uv ${pin.version} (zstd level ${level})`);
    await publish(packed, Bun.zstdCompressSync(bytes, { level }));
  }
  mkdirSync(pack, { recursive: true });
  await publish(join(pack, "uv.zst"), await Bun.file(packed).bytes());
  const record = { ...info, sha256: sha256(bytes), size: bytes.length };
  await publish(join(pack, "uv.json"), `${JSON.stringify(record, null, 2)}\n`);
}

/** Linux with musl needs its own wheel on x64; its loader's name tells. */
function targetName(): string {
  const base = `${process.platform}-${process.arch}`;
  const musl = process.platform === "linux" && readdirSync("/lib").some((name) => name.startsWith("ld-musl-"));
  const glibc = existsSync("/lib64/ld-linux-x86-64.so.2") || existsSync("/lib/ld-linux-aarch64.so.1");
  return musl && !glibc ? `${base}-musl` : base;
}

async function isPacked(info: Record<string, unknown>): Promise<boolean> {
  const record = Bun.file(join(pack, "uv.json"));
  if (!(await record.exists()) || !existsSync(join(pack, "uv.zst"))) return false;
  const found: Record<string, unknown> = await record.json();
  return Object.entries(info).every(([key, value]) => found[key] === value);
}

async function unpackedUv(dir: string, wheel: Wheel): Promise<string> {
  const uv = join(dir, `uv-${wheel.sha256.slice(0, 16)}`);
  if (existsSync(uv)) return uv;
  const work = mkdtempSync(join(dir, "work-"));
  try {
    const python = await download(work, wheel);
    const file = join(work, readdirSync(work).find((name) => name.endsWith(".whl")) ?? fail("pip brought no wheel"));
    const digest = sha256(await Bun.file(file).bytes());
    if (digest !== wheel.sha256) fail(`the uv wheel has sha256 ${digest}, pinned is ${wheel.sha256}`);
    const out = Bun.spawnSync([python, "-m", "zipfile", "-e", file, join(work, "out")], { stderr: "inherit" });
    if (out.exitCode !== 0) fail("the uv wheel can't be unpacked");
    const binary = join(work, "out", `uv-${pin.version}.data`, "scripts", "uv");
    chmodSync(binary, 0o755);
    renameSync(binary, uv);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return uv;
}

/** Tries each Python 3 on the PATH, since the first one need not have pip. Returns the one that worked. */
async function download(work: string, wheel: Wheel): Promise<string> {
  say(`fetching uv ${pin.version} (${wheel.platform}) with pip`);
  const index = process.env.UV_DEFAULT_INDEX ? ["--index-url", process.env.UV_DEFAULT_INDEX] : [];
  const command = ["download", "--quiet", "--no-deps", "--only-binary", ":all:", "--platform", wheel.platform];
  let said = "";
  for (const python of pythons()) {
    const argv = [python, "-m", "pip", ...command, ...index, "-d", work, `uv==${pin.version}`];
    const child = Bun.spawnSync(argv, { stdout: "pipe", stderr: "pipe" });
    if (child.exitCode === 0) return python;
    said += `${python}: ${child.stderr.toString().trim().split("\n").at(-1)}\n`;
  }
  fail(`no Python 3 with pip could fetch uv ${pin.version}:\n${said || "no python3 on the PATH"}`);
}

function pythons(): string[] {
  const folders = (process.env.PATH ?? "").split(":").filter((folder) => folder !== "");
  return [...new Set(folders.map((folder) => join(folder, "python3")))].filter((path) => existsSync(path));
}

async function publish(path: string, content: string | Uint8Array): Promise<void> {
  const temp = `${path}.${process.pid}.tmp`;
  await Bun.write(temp, content);
  renameSync(temp, path);
}

const sha256 = (bytes: Uint8Array): string => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

const say = (text: string): void => console.error(`setup: ${text}`);

function fail(text: string): never {
  say(text);
  process.exit(1);
}

await main();
