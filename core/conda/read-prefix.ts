/**
 * A conda environment as its own records describe it: `conda-meta/*.json`. No conda, no Python, nothing written.
 * Tests: test/unit/core/conda/read-prefix.test.ts
 */
import { readdir } from "node:fs/promises";
import * as v from "valibot";
import { closedIn, noSecrets, takeFromSpec, takeSecrets } from "#core/conda/channel-secrets.ts";
import { activationFiles, personVariables } from "#core/conda/env-variables.ts";
import { type CondaRecord, CondaRecordSchema, cleanRecord } from "#core/conda/record.ts";
import { parseRecordText } from "#core/conda/record-text.ts";
import { errno, SwError } from "#core/errors.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";

export interface CondaPrefix {
  readonly prefix: string;
  readonly records: readonly CondaRecord[];
  /** What the person asked for. */
  readonly requested: readonly string[];
  /** Channels whose login or token stands in the records; here nothing of it is left. */
  readonly closed: readonly string[];
  /** Of `conda env config vars`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Files for the activation that no package brought, relative to the prefix. */
  readonly handmade: readonly string[];
  /** Metadata files of Python packages that conda itself installed, relative to the prefix. */
  readonly owned: ReadonlySet<string>;
  /** Of the python record; undefined when there is no Python in it. */
  readonly python: string | undefined;
}

/** @throws SwError ENV_NOT_FOUND when it is no conda environment, LOCK_FAILED for a record that can't be read */
export async function readCondaPrefix(prefix: string): Promise<CondaPrefix> {
  const folder = `${prefix}/conda-meta`;
  const names = (await listMeta(prefix, folder)).filter((name) => name.endsWith(".json") && !name.startsWith("."));
  const found = await Promise.all(names.map((name) => readRecord(`${folder}/${name}`)));
  const requested = found.flatMap(({ requested }) => requested);
  const records = found.map(({ record }) => record);
  const specs = requested.length > 0 ? requested : await fromHistory(folder, records);
  const secrets = noSecrets();
  for (const { url } of found) takeSecrets({}, url, secrets);
  const owned = new Set(found.flatMap(({ owned }) => owned));
  return {
    prefix,
    records,
    requested: specs.map((spec) => takeFromSpec({}, spec, secrets)),
    closed: closedIn(secrets),
    variables: await personVariables(prefix),
    handmade: (await activationFiles(prefix)).filter((path) => !owned.has(path)),
    owned,
    python: records.find(({ name }) => name === "python")?.version,
  };
}

async function listMeta(prefix: string, folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR") throw e;
    throw new SwError("ENV_NOT_FOUND", `no conda environment at ${prefix}: it has no conda-meta folder`, {
      hint: "Name the folder that holds bin/ and conda-meta/; a virtual environment is named with --venv.",
    });
  }
}

interface Found {
  record: CondaRecord;
  /** As it stands there. */
  url: string;
  requested: string[];
  owned: string[];
}

async function readRecord(path: string): Promise<Found> {
  const found = parseRecordText(await Bun.file(path).text());
  if (!found) throw unreadable(path, "not a JSON object");
  const { data, owned } = found;
  const parsed = v.safeParse(CondaRecordSchema, data);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw unreadable(path, `${v.getDotPath(issue) ?? "record"}: ${issue.message}`);
  }
  const { url } = parsed.output;
  return { record: cleanRecord(parsed.output), url, requested: requestedOf(data), owned };
}

const unreadable = (path: string, why: string) =>
  new SwError("LOCK_FAILED", `the record ${path} can't be used: ${why}`, {
    hint: "The environment is damaged; `conda install --force-reinstall` of that package repairs it.",
  });

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];

function requestedOf({ requested_specs, requested_spec }: Record<string, unknown>): string[] {
  const several = texts(requested_specs);
  if (several.length > 0) return several;
  return typeof requested_spec === "string" && !/^(None|)$/.test(requested_spec) ? [requested_spec] : [];
}

/** Older records don't say; conda's log does, as far as the packages are still there. */
async function fromHistory(folder: string, records: readonly CondaRecord[]): Promise<string[]> {
  const text = (await readTextIfAny(`${folder}/history`)) ?? "";
  const specs = new Map<string, string>();
  for (const [, list = ""] of text.matchAll(/^# update specs: *\[(.*)\]/gm)) {
    for (const [, spec = ""] of list.matchAll(/['"]([^'"]+)['"]/g)) specs.set(specName(spec), spec);
  }
  return [...specs.values()].filter((spec) => records.some(({ name }) => name === specName(spec)));
}

const specName = (spec: string) => /^(?:.*::)?([A-Za-z0-9_.-]+)/.exec(spec)?.[1]?.toLowerCase() ?? spec;
