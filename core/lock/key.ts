/**
 * The lock key: a digest of everything that can change a resolution (docs/disk.md, "Keys").
 * Tests: test/unit/core/lock/resolve.test.ts
 */
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "pathe";
import type { IndexSettings } from "#core/config/index-settings.ts";
import type { Ctx } from "#core/context.ts";
import { UV_VERSION } from "#core/engines/uv.ts";
import { errno } from "#core/errors.ts";
import type { LockInput } from "#core/lock/lock.ts";
import type { PlatformPlan } from "#core/lock/platforms.ts";
import { canonicalJson, sha256File, sha256Hex } from "#core/platform/digest.ts";
import { stripUserinfo } from "#core/platform/redact.ts";

/** Raised when the form of a lock changes, so that older cached ones are not met. */
const LOCK_FORMAT = 1;

export interface KeyInput {
  input: LockInput;
  plan: PlatformPlan;
  settings: IndexSettings;
}

export async function digestLockInput(ctx: Ctx, { input, plan, settings }: KeyInput): Promise<string> {
  const { requirements } = input;
  const { pre, noBinary, onlyBinary } = requirements.index;
  const parts = {
    format: LOCK_FORMAT,
    python: input.python.minor,
    plan,
    uv: await uvIdentity(ctx),
    requirements: requirements.requirements.map(lineKey),
    constraints: requirements.constraints.map(lineKey),
    overrides: (input.overrides ?? []).map(stripUserinfo),
    formats: { pre, noBinary, onlyBinary },
    index: settings.key,
    userFormats: settings.formats,
    wheels: await Promise.all(input.wheels.map(wheelKey)),
    findLinks: await Promise.all(settings.findLinks.map(folderKey)),
  };
  return sha256Hex(canonicalJson(parts));
}

/** The place of a line changes messages only; the user's hashes decide whether it is a lock at all. */
const lineKey = ({ text, hashes, userinfo, query }: LockInput["requirements"]["requirements"][number]) => [
  stripUserinfo(text),
  [...hashes].sort(),
  userinfo ?? "",
  query ?? "",
];

const wheelKey = async (path: string) => [basename(path), (await sha256File(path)).hex];

/** What a find-links folder offers: names, sizes and times, since hashing gigabytes at each build is too slow. */
async function folderKey(folder: string): Promise<unknown> {
  try {
    const names = (await readdir(folder)).sort();
    return await Promise.all(names.map(async (name) => [name, ...(await fileKey(join(folder, name)))]));
  } catch (e) {
    if (errno(e) === "ENOTDIR") return await fileKey(folder);
    if (errno(e) === "ENOENT") return [];
    throw e;
  }
}

/** A link to nothing is a name without size. */
async function fileKey(path: string): Promise<number[]> {
  try {
    const { size, mtimeMs } = await stat(path);
    return [size, mtimeMs];
  } catch (e) {
    if (errno(e) !== "ENOENT") throw e;
    return [];
  }
}

/** Another uv may resolve otherwise; one that the user named is known by its file. */
async function uvIdentity(ctx: Ctx): Promise<unknown> {
  const own = ctx.env.SWCLI_UV;
  if (own) return await fileKey(own);
  return UV_VERSION;
}
