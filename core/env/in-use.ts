/**
 * Which environments living processes use: by their program, command line, folder, environment and mapped files.
 * Reads /proc; where there is none nobody can say, and the answer is undefined. Tests: test/e2e/gc.test.ts
 */
import { existsSync, realpathSync } from "node:fs";
import { readdir, readFile, readlink } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { isCompiler } from "#core/env/bytecode.ts";
import { prefixesWithShells } from "#core/env/live-shells.ts";
import { activationPrefixes } from "#core/env/rc-folders.ts";
import { procStat } from "#core/platform/proc-stat.ts";

export interface PrefixUser {
  pid: number;
  /** Absolute, as our own paths spell it. */
  prefixes: ReadonlySet<string>;
}

/**
 * Processes with the prefixes that they name. Our own programs are left out (this one, the client that asks, a daemon that
 * was started in an activated shell): they inherited its variables, but use nothing of it. Other users' processes can't be
 * looked into.
 */
export async function prefixUsers(ctx: Ctx): Promise<PrefixUser[] | undefined> {
  if (!existsSync("/proc/self/maps")) return undefined;
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const find = await finder(ctx);
  const own = await readlink("/proc/self/exe");
  const users = await Promise.all(pids.map(async (pid) => ({ pid, prefixes: find(await traces(pid, own)) })));
  return [...users.filter(({ prefixes }) => prefixes.size > 0), ...(await hookedUsers(ctx))];
}

/** Their variables were set while they ran, and the kernel tells only what a process was started with. */
async function hookedUsers(ctx: Ctx): Promise<PrefixUser[]> {
  const shells = [...(await prefixesWithShells(ctx))];
  return shells.flatMap(([prefix, pids]) => pids.map((pid) => ({ pid, prefixes: new Set([prefix]) })));
}

/** Processes in one prefix. */
export const usersOf = async (ctx: Ctx, prefix: string): Promise<number[] | undefined> =>
  (await prefixUsers(ctx))?.filter(({ prefixes }) => prefixes.has(prefix)).map(({ pid }) => pid);

/** The prefixes that any process uses, or undefined where that can't be known. */
export async function prefixesInUse(ctx: Ctx): Promise<Set<string> | undefined> {
  const users = await prefixUsers(ctx);
  return users && new Set(users.flatMap(({ prefixes }) => [...prefixes]));
}

/** A sub-shell's own variables are not to be seen, but it was started with its rc folder, and that tells the prefix. */
async function rcFinder(ctx: Ctx): Promise<(text: string) => string[]> {
  const prefixes = await activationPrefixes(ctx);
  const names = new RegExp(`(?:${spellings(ctx.paths.activation)})/([0-9a-f]{32})(?![0-9a-f])`, "g");
  return (text) => [...text.matchAll(names)].flatMap(([, name = ""]) => prefixes.get(name) ?? []);
}

function prefixFinder(ctx: Ctx): (text: string) => string[] {
  const names = new RegExp(
    `(?:${spellings(ctx.paths.envs)})/((?:[0-9a-f]{32}-\\d+|writable/[A-Za-z_][A-Za-z0-9_.-]*)(?![A-Za-z0-9_.-]))`,
    "g",
  );
  return (text) => [...text.matchAll(names)].map(([, name]) => `${ctx.paths.envs}/${name}`);
}

async function finder(ctx: Ctx): Promise<(text: string) => Set<string>> {
  const finders = [prefixFinder(ctx), await rcFinder(ctx)];
  return (text) => new Set(finders.flatMap((find) => find(text)));
}

/** The root may be reached through links, and the kernel tells real paths. */
const spellings = (path: string): string => [...new Set([path, realIfAny(path)])].map(literal).join("|");

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function realIfAny(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/**
 * What is unreadable (ended meanwhile, another user's) says nothing. Our own programs have nothing to say, and nor has what
 * this process compiles in the background: it ends with the environment.
 */
async function traces(pid: number, own: string): Promise<string> {
  const files = ["cmdline", "environ", "maps"].map((name) => readFile(`/proc/${pid}/${name}`, "utf8"));
  const links = ["exe", "cwd"].map((name) => readlink(`/proc/${pid}/${name}`));
  const all = await Promise.all([...files, ...links].map((text) => text.catch(() => "")));
  const [cmdline = "", environ = "", maps = "", program = "", cwd = ""] = all;
  const isCompiling = isCompiler(cmdline) && procStat(pid)?.parent === process.pid;
  return program === own || isCompiling ? "" : [cmdline, present(environ), maps, program, cwd].join("\n");
}

/** Without the folder that somebody stood in before. */
const present = (environ: string): string =>
  environ
    .split("\0")
    .filter((variable) => !variable.startsWith("OLDPWD="))
    .join("\0");
