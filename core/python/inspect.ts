/**
 * Whether a path is a CPython that environments can be made from, and which: asked once, then known by its stat.
 * Owns the state group `python:`; must not know where interpreters are kept. Tests: test/unit/core/python/find.test.ts
 */
import { open, realpath, stat } from "node:fs/promises";
import { dirname, join } from "pathe";
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { run } from "#core/platform/proc.ts";
import { openState } from "#core/store/state.ts";

/** What an interpreter says of itself; `path` is its real file. */
export interface Facts {
  readonly path: string;
  readonly version: string;
  readonly minor: string;
  readonly build: string;
}

/** Facts, or why the candidate is of no use. */
export type Inspection = Facts | { readonly refused: string };

export const isFacts = (found: Inspection): found is Facts => "path" in found;

/** Looks behind links and virtual environments, then asks the interpreter unless it is known. */
export async function inspect(ctx: Ctx, path: string): Promise<Inspection> {
  try {
    const real = await realpath(path);
    if (await isScript(real)) return await throughScript(ctx, path);
    const home = await venvHome(real);
    return await inspectReal(ctx, home === undefined ? real : await realpath(home));
  } catch (e) {
    if (e instanceof SwError && e.code !== "ENGINE_MISSING") throw e;
    return { refused: e instanceof Error ? e.message : String(e) };
  }
}

/** A shim leads to the real file; a wrapper that keeps its own name (Nix makes such) is the interpreter itself. */
async function throughScript(ctx: Ctx, path: string): Promise<Inspection> {
  const own = await realpath(path);
  const known = await recall(ctx, own);
  if (known) return known;
  // Started under the name it was found by: shims choose by it.
  const said = await ask(ctx, path);
  if (typeof said === "string") return await remember(ctx, own, { refused: said });
  const real = await realpath(said.executable);
  if (real === own) return await remember(ctx, own, judge(own, said));
  return (await isScript(real)) ? { refused: "a wrapper of another wrapper" } : await inspectReal(ctx, real);
}

async function inspectReal(ctx: Ctx, real: string): Promise<Inspection> {
  const known = await recall(ctx, real);
  if (known) return known;
  const said = await ask(ctx, real);
  return await remember(ctx, real, typeof said === "string" ? { refused: said } : judge(real, said));
}

// Runs on any Python from 2.7: it must be able to say that it is too old. No imports that cost time.
const QUESTION = `
import os, sys
v = sys.version_info
i = getattr(sys, "implementation", None)
l = os.path.dirname(os.__file__)
for x in ("swcli", ".".join(map(str, v[:3])), v[3], getattr(i, "name", "?"), getattr(i, "_multiarch", ""), getattr(sys, "abiflags", ""), sys.maxsize > 2**32, sys.platform, os.uname()[4], sys.version.replace("\\n", " "), os.path.exists(os.path.join(l, "orig-prefix.txt")), sys.executable):
    print(x)
`;

interface Answer {
  version: string;
  level: string;
  implementation: string;
  multiarch: string;
  abiflags: string;
  is64: boolean;
  platform: string;
  machine: string;
  fullVersion: string;
  oldVenv: boolean;
  executable: string;
}

// A healthy one answers in 20 ms; a slow disk or an emulated machine gets some more.
const DEADLINE_MS = 5000;

/** The interpreter's answer, or why there is none. */
async function ask(ctx: Ctx, path: string): Promise<Answer | string> {
  const started = ctx.clock.now();
  const result = await run(ctx, [path, "-I", "-S", "-c", QUESTION], { cwd: "/", deadlineMs: DEADLINE_MS });
  const lines = result.stdout.split("\n");
  const [mark, version, level, implementation, multiarch, abiflags, is64, platform, machine, fullVersion, old, exe] =
    lines;
  if (ctx.clock.now() - started >= DEADLINE_MS) return "gave no answer within 5 s";
  if (result.exitCode !== 0) return `exit code ${result.exitCode}: ${result.stderr.trim().split("\n").pop() ?? ""}`;
  if (mark !== "swcli" || !version || !level || !implementation || !platform || !machine || !fullVersion || !exe) {
    return "does not answer like a Python";
  }
  return {
    ...{ version, level, implementation, platform, machine, fullVersion, executable: exe },
    ...{ multiarch: multiarch ?? "", abiflags: abiflags ?? "", is64: is64 === "True", oldVenv: old === "True" },
  };
}

function judge(path: string, said: Answer): Inspection {
  const refused = whyNot(said);
  if (refused !== undefined) return { refused };
  const { implementation, version, fullVersion, platform, machine, multiarch } = said;
  const build = sha256Hex([implementation, version, fullVersion, platform, machine, multiarch].join("\n")).slice(0, 32);
  return { path, version, minor: version.split(".").slice(0, 2).join("."), build };
}

function whyNot(said: Answer): string | undefined {
  if (said.implementation !== "cpython") return `${said.implementation}, not CPython`;
  if (said.level !== "final") return `${said.version} is a pre-release`;
  // No wheels of the index fit these two.
  if (/[td]/.test(said.abiflags)) return "a free-threaded or debug build";
  if (!said.is64) return "a 32-bit build";
  if (said.oldVenv) return "inside an old virtualenv that does not name its base";
  return undefined;
}

/** The base interpreter of a venv made of copies; a linked one is already resolved. */
async function venvHome(real: string): Promise<string | undefined> {
  const prefix = dirname(dirname(real));
  const text =
    (await readTextIfAny(join(prefix, "pyvenv.cfg"))) ?? (await readTextIfAny(join(dirname(real), "pyvenv.cfg")));
  if (text === undefined) return undefined;
  const home = /^\s*home\s*=\s*(.+?)\s*$/m.exec(text)?.[1];
  if (home === undefined) throw new Error(`${prefix}/pyvenv.cfg names no base`);
  const minor = /^\s*version(?:_info)?\s*=\s*(\d+\.\d+)/m.exec(text)?.[1];
  return join(home, minor === undefined ? "python3" : `python${minor}`);
}

async function isScript(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.toString("latin1") === "#!";
  } finally {
    await file.close();
  }
}

const Known = v.object({
  stamp: v.string(),
  at: v.number(),
  found: v.union([
    v.object({ path: v.string(), version: v.string(), minor: v.string(), build: v.string() }),
    v.object({ refused: v.string() }),
  ]),
});

// A refusal may have been a bad moment (no memory, a mount that was away), so it is asked again after a while.
const REFUSAL_MS = 10 * 60_000;

const keyOf = (path: string): string => `python:${sha256Hex(path).slice(0, 32)}`;

const stampOf = async (path: string): Promise<string> => {
  const s = await stat(path);
  return `${path} ${s.mtimeMs} ${s.size} ${s.ino}`;
};

async function recall(ctx: Ctx, path: string): Promise<Inspection | undefined> {
  const key = keyOf(path);
  const stored = ctx.memo.get<unknown>(key) ?? (await openState(ctx).getItem(key));
  const known = v.safeParse(Known, stored);
  if (!known.success || known.output.stamp !== (await stampOf(path))) return undefined;
  const { found, at } = known.output;
  if (!isFacts(found) && ctx.clock.now() - at > REFUSAL_MS) return undefined;
  ctx.memo.set(key, known.output);
  return found;
}

async function remember(ctx: Ctx, path: string, found: Inspection): Promise<Inspection> {
  const known = { stamp: await stampOf(path), at: ctx.clock.now(), found };
  ctx.memo.set(keyOf(path), known);
  await openState(ctx).setItem(keyOf(path), known);
  return found;
}
