/**
 * `compile.ts ENTRY OUT`: one `bun build --compile` with the flags that the product relies on, skipped when nothing
 * changed, safe when several run at once (published by rename). Called by scripts/build.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import manifest from "../package.json" with { type: "json" };

// The flags of architecture.md. Without the two no-autoload ones, a bunfig.toml or .env in the user's working
// directory would run inside our binary.
const FLAGS = [
  "--compile",
  "--minify",
  "--bytecode",
  "--splitting",
  "--format=esm",
  "--target=bun",
  // A client lives for milliseconds: what the JIT compiles in them is never run. The daemon sets it back (daemon/main.ts).
  "--compile-jit-policy=1000",
  "--no-compile-autoload-bunfig",
  "--no-compile-autoload-dotenv",
];
// What the product is made of; another entry (the benchmark's empty program) stands for itself.
const SOURCES = ["cli", "core", "daemon", "package.json", "bun.lock", ".pack/uv.json"];

async function main(): Promise<void> {
  const [entry, out] = process.argv.slice(2);
  if (!entry || !out) throw new Error("usage: compile.ts ENTRY OUT");
  if (!existsSync(entry)) {
    console.error(`build: ${entry} is not there`);
    process.exit(1);
  }
  const build = await buildId(entry);
  const stamp = join(dirname(out), `.build-id${out === "dist/swcli" ? "" : `-${out.replaceAll("/", "-")}`}`);
  if (existsSync(out) && existsSync(stamp) && (await Bun.file(stamp).text()) === build) return;

  const started = performance.now();
  mkdirSync(dirname(out), { recursive: true });
  const temp = join(dirname(out), `.swcli-${process.pid}`);
  const code = await compile({ entry, temp, build });
  if (code !== 0) {
    rmSync(temp, { force: true });
    process.exit(code);
  }
  // The stamp goes first and comes back last: a crash in between costs a build, never a wrong skip.
  rmSync(stamp, { force: true });
  renameSync(temp, out);
  writeFileSync(stamp, build);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.error(`build: ${out} ${manifest.version} (${build}) in ${seconds} s`);
}

async function compile({ entry, temp, build }: { entry: string; temp: string; build: string }): Promise<number> {
  const define = { SWCLI_VERSION: manifest.version, SWCLI_BUILD: build };
  const defines = Object.entries(define).map(([key, value]) => `--define=${key}=${JSON.stringify(value)}`);
  const argv = [process.execPath, "build", ...FLAGS, ...defines, entry, "--outfile", temp];
  const child = Bun.spawn(argv, { stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  // bun lists every chunk; that is of interest only when it failed.
  if (code !== 0) console.error(stdout + stderr);
  return code;
}

/** The first 16 hex digits of a digest over names and contents of everything that goes in. */
async function buildId(entry: string): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  const sources = entry.startsWith("dist/") ? ["package.json"] : SOURCES;
  const files = [...new Set([entry, "scripts/compile.ts", ...sources.flatMap(filesBelow)])].sort();
  for (const file of files) {
    const bytes = await Bun.file(file).bytes();
    hasher.update(`${file}\0${bytes.length}\0`).update(bytes);
  }
  return hasher.digest("hex").slice(0, 16);
}

function filesBelow(path: string): string[] {
  if (!existsSync(path)) return [];
  if (path.includes(".")) return [path];
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith(".") && !entry.name.endsWith("~"))
    .map((entry) => join(entry.parentPath, entry.name));
}

process.chdir(resolve(import.meta.dir, ".."));
await main();
