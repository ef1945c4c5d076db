/**
 * py-rattler, the engine that solves and installs conda packages: where it is, and a worker of it that is kept while it is
 * used. Owns the tools folder's `rattler-*`; knows nothing of specs, locks or environments.
 * Tests: test/e2e/build-conda.test.ts
 */
import { mkdir } from "node:fs/promises";
import { indexSettings, NO_EXPLICIT_INDEX } from "#core/config/index-settings.ts";
import { isOffline, OFFLINE_HINT } from "#core/config/offline.ts";
import type { Ctx } from "#core/context.ts";
import driver from "#core/engines/rattler-driver.py" with { type: "text" };
import pin from "#core/engines/rattler-pin.json" with { type: "json" };
import { type Answer, RattlerWorker, type Request } from "#core/engines/rattler-worker.ts";
import { runUv } from "#core/engines/uv.ts";
import { SwError } from "#core/errors.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import type { Env } from "#core/platform/env.ts";
import { withFileLock } from "#core/platform/file-lock.ts";
import { readTextIfAny, removeTree, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { findPython, type Python, requirePython } from "#core/python/find.ts";

/** A part of every lock that it solved. */
export const RATTLER_VERSION: string = pin.version;

// py-rattler's own lower bound; the newest first, since that starts fastest.
const PYTHONS = ["3.13", "3.12", "3.11", "3.10"];

/** `py-rattler==VERSION` */
export const engineName = (): string => `${pin.package}==${pin.version}`;

/** The line of a requirements file that means this engine. */
export const engineRequirement = (): string =>
  `${pin.package}==${pin.version} ${pin.hashes.map((hash) => `--hash=${hash}`).join(" ")}\n`;

export interface EngineOptions {
  /** The client's, with the network settings of channels; the client's alone where nothing goes over a network. */
  env?: Env;
  /** Folders with the engine's wheel, for machines without a network. */
  links?: readonly string[];
}

/** Sends one request to a worker of this environment that has nothing else to do, started when there is none. */
export async function callRattler(ctx: Ctx, request: Request, options: EngineOptions = {}): Promise<Answer> {
  const worker = await takeWorker(ctx, workerEnv(options.env ?? ctx.env), options.links ?? []);
  try {
    return await worker.call(ctx, request);
  } finally {
    worker.taken = false;
    // In a client that ends after its command nobody would end it.
    if (!ctx.longLived) worker.end();
  }
}

// What changes how channels are reached, or what scripts of packages see.
const PASSED =
  /^(HOME|USER|LOGNAME|PATH|LANG|LC_.*|TMPDIR|TZ|NETRC|XDG_.*|RATTLER_.*|CONDA_OVERRIDE_.*|AWS_.*|(HTTPS?|ALL|NO)_PROXY|(https?|all|no)_proxy|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE)$/;

/** One of this environment: proxies and certificates are read when it starts. A cancel ends it, and must not end others' work. */
async function takeWorker(ctx: Ctx, env: Record<string, string>, links: readonly string[]): Promise<RattlerWorker> {
  const key = `rattler:${sha256Hex(JSON.stringify(env)).slice(0, 16)}`;
  const alive = () => (ctx.memo.get<RattlerWorker[]>(key) ?? []).filter((one) => one.alive);
  const free = alive().find((one) => !one.taken);
  if (free) {
    free.taken = true;
    return free;
  }
  const { python, script } = await rattlerTool(ctx, links);
  const worker = new RattlerWorker(ctx, [python, "-I", "-u", script], env);
  worker.taken = true;
  ctx.memo.set(key, [...alive(), worker]);
  return worker;
}

function workerEnv(client: Env): Record<string, string> {
  const set = Object.entries(client).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const passed = set.filter(([name]) => PASSED.test(name));
  return Object.fromEntries(passed.sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface Tool {
  python: string;
  script: string;
}

/** The private environment that py-rattler lives in, made at first use, whole or not at all. */
async function rattlerTool(ctx: Ctx, links: readonly string[]): Promise<Tool> {
  const base = await basePython(ctx);
  const identity = sha256Hex(JSON.stringify([pin, base.path, base.version])).slice(0, 12);
  const folder = `${ctx.paths.tools}/rattler-${pin.version}-${identity}`;
  await withFileLock(`${ctx.paths.locks}.rattler-${identity}.lock`, ctx.signal, () =>
    makeTool(ctx, { folder, base, links }),
  );
  const script = `${folder}/driver-${sha256Hex(driver).slice(0, 12)}.py`;
  await writeFileAtomic(script, driver, { exclusive: true, durable: false });
  return { python: `${folder}/env/bin/python`, script };
}

/** One that is here; a machine with older ones only gets another, as for runtimes. */
async function basePython(ctx: Ctx): Promise<Python> {
  for (const minor of PYTHONS) {
    const found = await findPython(ctx, minor);
    if (found) return found;
  }
  return await requirePython(ctx, "3.12");
}

interface Making {
  folder: string;
  base: Python;
  links: readonly string[];
}

async function makeTool(ctx: Ctx, { folder, base, links }: Making): Promise<void> {
  const mark = `${folder}/ready`;
  if ((await readTextIfAny(mark)) === pin.version) return;
  ctx.report.progress({ step: "rattler", text: `Fetching the conda engine (py-rattler ${pin.version}), once` });
  await removeTree(`${folder}/env`);
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(`${folder}/lock.txt`, engineRequirement(), { durable: false });
  const index = await indexSettings(ctx, NO_EXPLICIT_INDEX);
  const env = `${folder}/env`;
  await uv(ctx, ["venv", "--quiet", "--no-project", "--python", base.path, env], index.env);
  const install = ["pip", "install", "--python", `${env}/bin/python`, "--require-hashes", "--only-binary", ":all:"];
  const found = links.flatMap((link) => ["--find-links", link]);
  const from = links.length > 0 ? ["--no-index", ...found] : index.args;
  await uv(ctx, [...install, ...from, "-r", `${folder}/lock.txt`], index.env);
  await writeFileAtomic(mark, pin.version);
}

async function uv(ctx: Ctx, args: string[], env: Record<string, string>): Promise<void> {
  const result = await runUv(ctx, args, { env, onLine: (line) => ctx.report.log(line) });
  if (result.exitCode === 0) return;
  if (isOffline(ctx.env) && /No solution found|network (connectivity )?(is|was) disabled/i.test(result.stderr)) {
    throw new SwError("OFFLINE", `the conda engine is missing here, and no network is to be used: ${engineName()}`, {
      hint: OFFLINE_HINT,
      detail: { packages: [engineName()] },
    });
  }
  const reason = result.stderr.split("\n").filter((line) => line.trim() !== "");
  throw new SwError("ENGINE_FAILED", `the conda engine could not be fetched:\n${reason.slice(0, 8).join("\n")}`, {
    hint: `It is the package ${pin.package} ${pin.version}; check the index settings and the network.`,
  });
}
