/** A store, a folder and a context for tests that resolve for real; nothing of this machine's pip or uv settings in it. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Ctx } from "#core/context.ts";
import { Flights } from "#core/flight.ts";
import type { LockInput } from "#core/lock/lock.ts";
import { type RequirementSource, type Requirements, readRequirements } from "#core/lock/requirements.ts";
import { Memo } from "#core/memo.ts";
import type { Env } from "#core/platform/env.ts";
import { storePaths } from "#core/platform/paths.ts";

export interface LockHome extends AsyncDisposable {
  dir: string;
  ctx: Ctx;
  /** What was reported: progress texts and log lines. */
  said: string[];
  write(path: string, content: string | Uint8Array): Promise<string>;
  /** A context with more variables. */
  withEnv(env: Env): Ctx;
  read(sources: readonly (string | RequirementSource)[], env?: Env): Promise<Requirements>;
  /** An input of `pip:` items for this machine's own python3. */
  input(packages: readonly string[], more?: Partial<LockInput>): Promise<LockInput>;
}

// What a machine needs to reach its index at all.
const REACH = [
  "PATH",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "NO_PROXY",
  "https_proxy",
  "http_proxy",
  "no_proxy",
  "UV_DEFAULT_INDEX",
  "PIP_INDEX_URL",
  "SWCLI_UV",
];

export async function lockHome(): Promise<LockHome> {
  const top = await realpath(await mkdtemp(join(tmpdir(), "sw-lock-")));
  const dir = join(top, "project");
  await mkdir(dir);
  const said: string[] = [];
  const env = { ...reachEnv(), HOME: join(top, "home"), XDG_CONFIG_DIRS: join(top, "xdg"), UV_CACHE_DIR: uvCache() };
  const ctx = contextIn(top, env, said);
  return {
    dir,
    ctx,
    said,
    withEnv: (more) => ({ ...ctx, env: { ...env, ...more } }),
    write: async (path, content) => {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), content);
      return join(dir, path);
    },
    read: async (sources, more = {}) =>
      await readRequirements({ dir, sources: sources.map(asSource), env: { ...env, ...more } }),
    input: async (packages, more) => await inputOf(dir, env, packages, more),
    [Symbol.asyncDispose]: async () => await rm(top, { recursive: true, force: true }),
  };
}

const reachEnv = () => Object.fromEntries(REACH.map((name) => [name, process.env[name]]));

/** Shared with everything else, so that a package is fetched once. */
const uvCache = () => process.env.UV_CACHE_DIR ?? join(process.env.HOME ?? "/root", ".cache/uv");

function contextIn(top: string, env: Env, said: string[]): Ctx {
  return {
    env,
    cwd: join(top, "project"),
    clock: { now: () => Date.now() },
    // The unpacked uv is shared by all tests: unpacking takes longer than most of them.
    paths: { ...storePaths(join(top, "root")), tools: join(tmpdir(), "swcli-test-tools") },
    signal: new AbortController().signal,
    memo: new Memo(),
    longLived: false,
    flights: new Flights(),
    background: () => {},
    takeTurn: async () => {},
    report: {
      progress: ({ text }) => said.push(text),
      log: (text) => said.push(text),
      warn: (text) => said.push(text),
    },
  };
}

const asSource = (source: string | RequirementSource, index: number): RequirementSource =>
  typeof source === "string"
    ? { kind: "pkg", text: source, at: { file: "runtime.yaml", line: index + 3, column: 5 } }
    : source;

async function inputOf(
  dir: string,
  env: Env,
  packages: readonly string[],
  more: Partial<LockInput> = {},
): Promise<LockInput> {
  const requirements = await readRequirements({ dir, env, sources: packages.map(asSource) });
  return {
    python: python3(),
    arch: [],
    requirements,
    wheels: [],
    pip: { indexUrl: "", extraIndexUrl: [], trustedHost: [] },
    useCache: true,
    ...more,
  };
}

let found: { minor: string; path: string } | undefined;

/** The python3 of this machine, whatever its version. */
export function python3(): { minor: string; path: string } {
  found ??= askPython();
  return found;
}

function askPython() {
  const said = Bun.spawnSync([
    "python3",
    "-I",
    "-c",
    "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)",
  ]);
  const [minor = "", path = ""] = said.stdout.toString().trim().split(" ");
  return { minor, path };
}
