/**
 * The versions of a lock that exists already, as constraints: what is locked stays until somebody upgrades it or the
 * inputs no longer allow it. Only locks of ours pin; the Python client's hold whatever was in its environment.
 * Tests: test/unit/core/lock/pins.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { isOurLock, parseExport } from "#core/lock/export.ts";
import type { RequirementLine } from "#core/lock/requirements.ts";
import { type Lock, type LockInput, resolveLock } from "#core/lock/resolve.ts";
import { normalizeName } from "#core/lock/wheel-name.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";

/** @param except packages that are free to move */
export async function readPins(path: string, except: readonly string[] = []): Promise<RequirementLine[]> {
  const text = await readTextIfAny(path);
  return text === undefined ? [] : pinsOf(text, path, except);
}

/** Repositories and URLs name their own version; hashes come from the index again. */
export function pinsOf(text: string, file: string, except: readonly string[] = []): RequirementLine[] {
  if (!isOurLock(text)) return [];
  const free = new Set(except.map(normalizeName));
  return parseExport(text)
    .filter(({ kind, name }) => kind === "named" && !free.has(name))
    .map(({ spec, marker, name }) => ({
      text: marker === "" ? spec : `${spec} ; ${marker}`,
      name,
      hashes: [],
      kind: "named",
      at: { file, line: 0 },
    }));
}

/** The lock with the pins while they allow one, else without. */
export async function resolvePinned(
  ctx: Ctx,
  input: LockInput,
  pins: readonly RequirementLine[],
): Promise<{ lock: Lock; kept: boolean }> {
  if (pins.length === 0) return { lock: await resolveLock(ctx, input), kept: true };
  const { requirements } = input;
  const constraints = [...requirements.constraints, ...pins];
  try {
    return { lock: await resolveLock(ctx, { ...input, requirements: { ...requirements, constraints } }), kept: true };
  } catch (e) {
    if (!(e instanceof SwError) || e.code !== "LOCK_UNSOLVABLE") throw e;
    return { lock: await resolveLock(ctx, input), kept: false };
  }
}

/** Whether two locks choose the same: more hashes for the same versions are no change. */
export function sameChoice(a: string, b: string): boolean {
  const chosen = (text: string) => parseExport(text).map(({ spec, marker }) => `${spec} ; ${marker}`);
  return chosen(a).sort().join("\n") === chosen(b).sort().join("\n");
}
