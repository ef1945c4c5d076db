/**
 * The exact lock of a conda runtime: for each platform every package with address and hashes. It is what environments are
 * restored from; the file beside it, `conda-sw-lock.yaml`, is for the Python client. Tests: test/unit/core/conda/explicit-lock.test.ts
 */
import * as v from "valibot";
import { noSecrets, takeFromSpec } from "#core/conda/channel-secrets.ts";
import { byName, CondaRecordSchema } from "#core/conda/record.ts";
import { SwError } from "#core/errors.ts";

/** Relative to `dependencies/`, as the manifest lists lock files. */
export const CONDA_LOCK_FILE = ".starwhale/lock/conda-sw-lock.yaml";
/** Beside it; not in the manifest's list, whose readers refuse names that they don't know. */
export const EXPLICIT_LOCK_FILE = ".starwhale/lock/conda-sw-lock.explicit.json";

const FORMAT = 1;

const ExplicitLockSchema = v.object({
  format: v.number(),
  channels: v.array(v.string()),
  /** Of channels that were written with `${VARIABLES}` for a login or token: the address with these. */
  access: v.optional(v.record(v.string(), v.string())),
  requested: v.array(v.string()),
  /** Variables of an environment.yml, set while the runtime is active. */
  variables: v.optional(v.record(v.string(), v.string()), {}),
  /** By conda's name of the platform, sorted by name. */
  platforms: v.record(v.string(), v.array(CondaRecordSchema)),
});

export type ExplicitLock = Omit<v.InferOutput<typeof ExplicitLockSchema>, "format">;

export function renderExplicit(lock: ExplicitLock): string {
  const names = Object.keys(lock.platforms).sort();
  const platforms = Object.fromEntries(names.map((name) => [name, byName(lock.platforms[name] ?? [])]));
  const { channels, access, variables } = lock;
  // A spec of somebody's environment may name its channel with a password.
  const requested = lock.requested.map((spec) => takeFromSpec({}, spec, noSecrets()));
  return `${JSON.stringify({ format: FORMAT, channels, access, requested, variables, platforms }, null, 1)}\n`;
}

/** @throws SwError PACKAGE_INVALID, FORMAT_TOO_NEW */
export function parseExplicit(text: string): ExplicitLock {
  const parsed = v.safeParse(ExplicitLockSchema, parseJson(text));
  if (!parsed.success) throw invalid(parsed.issues[0].message);
  if (parsed.output.format > FORMAT) {
    throw new SwError(
      "FORMAT_TOO_NEW",
      `the conda lock has format ${parsed.output.format}, this swcli reads ${FORMAT}`,
      {
        hint: "Use a newer swcli.",
      },
    );
  }
  return parsed.output;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid("not JSON");
  }
}

const invalid = (why: string) => new SwError("PACKAGE_INVALID", `the package's conda lock can't be read: ${why}`);
