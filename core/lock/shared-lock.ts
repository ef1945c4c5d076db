/**
 * Locks that others resolved, from the shared cache. A digest shows that an entry is whole, not that its writer meant well:
 * so it must be what this resolution could have given, with nothing in it but pinned packages of the user's own indexes.
 * Tests: test/unit/core/lock/shared-lock.test.ts
 */
import * as v from "valibot";
import type { IndexSettings } from "#core/config/index-settings.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { type LockEntry, parseExport, renderLock, renderVcs } from "#core/lock/export.ts";
import { checkHashes } from "#core/lock/hashes.ts";
import { type Lock, type LockInput, LockRecord } from "#core/lock/lock.ts";
import { isMarker } from "#core/lock/pep508.ts";
import type { PlatformPlan } from "#core/lock/platforms.ts";
import type { RequirementLine } from "#core/lock/requirements.ts";
import { normalizeName } from "#core/lock/wheel-name.ts";
import { canonicalJson } from "#core/platform/digest.ts";
import { stripUserinfo } from "#core/platform/redact.ts";
import { readShared, writeShared } from "#core/store/shared-cache.ts";
import { meets } from "#core/venv/pep440.ts";

/** What is to be resolved. */
export interface LockQuestion {
  input: LockInput;
  platforms: PlatformPlan;
  settings: IndexSettings;
  key: string;
}

/** The lock that somebody else made of the same inputs, where it stands up to the check. */
export async function readSharedLock(ctx: Ctx, question: LockQuestion): Promise<Lock | undefined> {
  if (!isShareable(ctx, question)) return undefined;
  const found = await readShared(ctx, sharedKey(question.key));
  if (found === undefined) return undefined;
  const parsed = v.safeParse(LockRecord, found);
  const refusal = parsed.success ? refusalOf(question, parsed.output) : "it has another shape";
  if (refusal === undefined && parsed.success) return { ...parsed.output, warnings: [] };
  ctx.report.warn(`a lock of the shared cache is not used: ${refusal}`);
  return undefined;
}

/** Nothing that only this machine has goes there. */
export async function writeSharedLock(ctx: Ctx, question: LockQuestion, lock: Lock): Promise<void> {
  if (!isShareable(ctx, question) || lock.carriedWheels.length > 0) return;
  const { cached: _, ...record } = lock;
  await writeShared(ctx, sharedKey(lock.key), record);
}

const sharedKey = (key: string) => `lock:${key}`;

/** A folder's path, and the time of a file, mean something else on another machine. */
function isShareable(ctx: Ctx, { settings }: LockQuestion): boolean {
  const { UV_DEFAULT_INDEX = "", UV_INDEX = "" } = settings.env;
  return settings.findLinks.length === 0 && !ctx.env.SWCLI_UV && !/\bfile:/.test(`${UV_DEFAULT_INDEX} ${UV_INDEX}`);
}

/** Why this is no lock of the question, or nothing. */
export function refusalOf(question: Omit<LockQuestion, "settings">, lock: Omit<Lock, "cached">): string | undefined {
  const { input, platforms, key } = question;
  if (lock.key !== key) return "it answers another question";
  if (lock.carriedWheels.length > 0) return "it names files of another machine";
  if (!isCover(platforms, lock)) return "it covers other platforms";
  const [listed, repositories] = [parseExport(lock.requirementsTxt), parseExport(lock.vcsTxt)];
  if (renderLock(listed) !== lock.requirementsTxt || renderVcs(repositories) !== lock.vcsTxt)
    return "it is not written as a lock is";
  const entries = [...listed, ...repositories];
  const odd =
    listed.find((entry) => !isPinned(entry, input)) ?? repositories.find((entry) => !isRepository(entry, input));
  if (odd) return `${odd.name || "a line"} is not pinned as a lock pins`;
  const { requirements, constraints } = input.requirements;
  const missing = requirements.find((line) => !isAnswered(line, entries, input));
  if (missing) return `${missing.name} is not in it as it was asked for`;
  const broken = constraints.find((line) => !isMet(line, entries, input));
  if (broken) return `${broken.name} is not as the constraints want it`;
  return keepsHashes(listed, [...requirements, ...constraints]) ? undefined : "it has other hashes than were given";
}

function isCover({ platforms, required }: PlatformPlan, lock: Omit<Lock, "cached">): boolean {
  const all = [...lock.platforms, ...lock.dropped.map(({ platform }) => platform)].sort();
  const isKnown = canonicalJson(all) === canonicalJson([...platforms].sort());
  const isNamed = lock.dropped.every(({ package: name }) => /^[\w.=!+-]*$/.test(name));
  return isKnown && isNamed && required.every((platform) => lock.platforms.includes(platform));
}

const PIN = /^[A-Za-z0-9][\w.-]*(\[[\w.,-]*\])?==[A-Za-z0-9.!+_-]+$/;
const HASH = /^(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;

/** An address is good only where the user wrote it. */
function isPinned(entry: LockEntry, { requirements }: LockInput): boolean {
  if (entry.hashes.length === 0 || !entry.hashes.every((hash) => HASH.test(hash))) return false;
  if (entry.marker !== "" && !isMarker(entry.marker)) return false;
  if (entry.kind === "named") return PIN.test(entry.spec);
  return entry.kind === "url" && addressesFor(entry, requirements.requirements).includes(addressOf(entry.spec));
}

/** A branch becomes a commit; the repository stays the one that was asked for. */
function isRepository(entry: LockEntry, { requirements }: LockInput): boolean {
  if (entry.marker !== "" && !isMarker(entry.marker)) return false;
  const repository = /^(.+)@[0-9a-f]{40}(#.*)?$/.exec(addressOf(entry.spec))?.[1];
  return addressesFor(entry, requirements.requirements).some((address) => withoutRef(address) === repository);
}

const addressesFor = ({ name }: LockEntry, lines: readonly RequirementLine[]) =>
  lines.filter((line) => line.name === name && line.kind !== "named").map((line) => addressOf(line.text));

/** Without login and query, which are written back as variables. */
const addressOf = (spec: string) =>
  stripUserinfo(spec.slice(spec.indexOf(" @ ") + 3).split(" ;")[0] ?? "")
    .replace(/(:\/\/)[^/@]*\$\{[^/@]*@/, "$1")
    .replace(/\?[^#]*/, "")
    .trim();

const withoutRef = (address: string) => address.replace(/#.*$/, "").replace(/(?<=\/[^@]*)@[^@/]*$/, "");

/** A line with a marker may hold for none of the platforms. */
function isAnswered(line: RequirementLine, entries: readonly LockEntry[], input: LockInput): boolean {
  const isThere = entries.some(({ name, kind }) => name === line.name && (line.kind === "named" || kind === line.kind));
  return (isThere || line.text.includes(" ; ")) && isMet(line, entries, input);
}

/** Every version of the name meets what the line wants; under a marker it may speak of one of several. */
function isMet(line: RequirementLine, entries: readonly LockEntry[], input: LockInput): boolean {
  if (line.kind !== "named" || line.text.includes(" ; ") || overriddenBy(line, input)) return true;
  const wanted = line.text.replace(/^[A-Za-z0-9][\w.-]*\s*(\[[^\]]*\])?/, "").replace(/^\s*\((.*)\)\s*$/, "$1");
  const pinned = entries.filter(({ name, kind }) => name === line.name && kind === "named");
  return pinned.every(({ spec }) => meets(spec.slice(spec.indexOf("==") + 2), wanted));
}

const overriddenBy = ({ name }: RequirementLine, { overrides = [] }: LockInput) =>
  overrides.some((text) => normalizeName(/^[A-Za-z0-9][\w.-]*/.exec(text)?.[0] ?? "") === name);

function keepsHashes(entries: readonly LockEntry[], lines: readonly RequirementLine[]): boolean {
  try {
    return canonicalJson(checkHashes(entries, lines)) === canonicalJson(entries);
  } catch (e) {
    if (e instanceof SwError && e.code === "HASH_MISMATCH") return false;
    throw e;
  }
}
