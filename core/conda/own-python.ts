/**
 * The Python that resolves the pip part of conda packages: one of this machine, else the one that the packages bring, linked
 * for as long as it takes. Tests: test/e2e/conda-own-python.test.ts
 */
import { specName } from "#core/conda/engine-error.ts";
import type { ExplicitLock } from "#core/conda/explicit-lock.ts";
import { installRecords } from "#core/conda/install.ts";
import { subdirOf } from "#core/conda/platform.ts";
import type { CondaRecord } from "#core/conda/record.ts";
import type { Ctx } from "#core/context.ts";
import { thisPlatform } from "#core/lock/platforms.ts";
import { findPython, requirePython } from "#core/python/find.ts";

export interface OwnPython {
  minor: string;
  /** Of all platforms. */
  records: readonly CondaRecord[];
  /** That they stand in: it says what opens their channels. */
  lock: Pick<ExplicitLock, "channels" | "access">;
  /** Where the packages' own is linked when it has to be; the caller removes it. */
  prefix: string;
}

/**
 * @returns the interpreter's path
 * @throws SwError PYTHON_NOT_FOUND where the packages are for other machines only, and none can be downloaded
 */
export async function ownPython(ctx: Ctx, { minor, records, lock, prefix }: OwnPython): Promise<string> {
  const found = await findPython(ctx, minor);
  if (found) return found.path;
  const subdir = subdirOf(thisPlatform());
  const python = records.find((one) => one.name === "python" && one.subdir === subdir);
  if (!python) return (await requirePython(ctx, minor)).path;
  ctx.report.progress({ step: "python", text: `Linking the conda packages' own Python ${python.version}` });
  const needed = withNeeded(
    python,
    records.filter((one) => one.subdir === subdir || one.subdir === "noarch"),
  );
  await installRecords(ctx, { prefix, records: needed, lock: { ...lock, requested: [] }, runScripts: false });
  return `${prefix}/bin/python${minor}`;
}

/** A package and all that it depends on. */
function withNeeded(first: CondaRecord, records: readonly CondaRecord[]): CondaRecord[] {
  const needed = new Set([first]);
  for (const one of needed) {
    const names = one.depends.map(specName);
    for (const other of records) if (names.includes(other.name)) needed.add(other);
  }
  return [...needed];
}
