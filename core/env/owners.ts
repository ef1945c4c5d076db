/**
 * Whose each file of an environment is, and how its maker says that it looks: from the RECORD of each distribution and the
 * records of conda's packages. Reads only. Tests: test/unit/core/env/owners.test.ts
 * RECORD: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
 */
import * as v from "valibot";
import { sitePackages } from "#core/env/seen.ts";
import { namesIn } from "#core/platform/folder.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";

export interface Owner {
  /** "six 1.17.0" */
  distribution: string;
  by: "pip" | "conda";
  /** Hex; undefined where nobody says. */
  sha256?: string;
  size?: number;
  /** What others that have the same path say: the one that came last has it, and nobody knows which. */
  also?: readonly string[];
}

/** Path below the prefix → its owner. What pip put over a file of conda's is pip's. */
export async function readOwners(prefix: string): Promise<Map<string, Owner>> {
  const owners = new Map<string, Owner>();
  await addConda(owners, prefix);
  await addDistributions(owners, prefix);
  return owners;
}

async function addDistributions(owners: Map<string, Owner>, prefix: string): Promise<void> {
  const site = sitePackages(prefix);
  const below = site.slice(prefix.length + 1);
  for (const info of (await namesIn(site)).filter((name) => name.endsWith(".dist-info"))) {
    const owner = { distribution: info.replace(/\.dist-info$/, "").replace("-", " "), by: "pip" } as const;
    const record = `${below}/${info}/RECORD`;
    // Conda's own packages have a RECORD too, which conda's record is to be believed before.
    if (owners.has(record)) continue;
    for (const { path, ...said } of parseRecord((await readTextIfAny(`${site}/${info}/RECORD`)) ?? ""))
      claim(owners, resolve(below, path), { ...owner, ...said });
    owners.set(record, owner);
  }
}

function claim(owners: Map<string, Owner>, path: string, owner: Owner): void {
  const before = owners.get(path);
  const also = [...(before?.also ?? []), ...(before?.sha256 ? [before.sha256] : [])];
  owners.set(path, also.length > 0 ? { ...owner, also } : owner);
}

/** Lines of `path,sha256=BASE64,size`; the path is quoted only when it holds a comma or a quote. */
export function parseRecord(text: string): { path: string; sha256?: string; size?: number }[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, quoted, plain = "", rest = ""] = /^(?:"((?:[^"]|"")*)"|([^,]*)),(.*)$/.exec(line) ?? [];
    const path = quoted?.replaceAll('""', '"') ?? plain;
    const [, digest, size] = /^sha256=([\w-]+)=*,(\d*)$/.exec(rest) ?? [];
    if (path === "") return [];
    if (digest === undefined) return [{ path }];
    return [{ path, sha256: Buffer.from(digest, "base64url").toString("hex"), ...(size && { size: Number(size) }) }];
  });
}

/** `../../../bin/tool` below `lib/python3.11/site-packages` is `bin/tool`. */
function resolve(below: string, path: string): string {
  const parts = below.split("/");
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

const PathSchema = v.looseObject({
  _path: v.string(),
  sha256: v.nullish(v.string()),
  sha256_in_prefix: v.nullish(v.string()),
  size_in_bytes: v.nullish(v.number()),
  prefix_placeholder: v.nullish(v.string()),
});
const CondaSchema = v.looseObject({
  name: v.string(),
  version: v.string(),
  paths_data: v.looseObject({ paths: v.array(PathSchema) }),
});

async function addConda(owners: Map<string, Owner>, prefix: string): Promise<void> {
  for (const name of (await namesIn(`${prefix}/conda-meta`)).filter((one) => one.endsWith(".json"))) {
    const path = `conda-meta/${name}`;
    const record = parseConda((await readTextIfAny(`${prefix}/${path}`)) ?? "");
    if (!record) continue;
    const owner = { distribution: `${record.name} ${record.version}`, by: "conda" } as const;
    owners.set(path, owner);
    for (const file of record.paths_data.paths) claim(owners, file._path, { ...owner, ...saidOf(file) });
  }
}

/** Of what has the prefix written into it only the digest afterwards counts. */
function saidOf(file: v.InferOutput<typeof PathSchema>): Pick<Owner, "sha256" | "size"> {
  if (file.sha256_in_prefix) return { sha256: file.sha256_in_prefix };
  if (!file.sha256 || file.prefix_placeholder) return {};
  return { sha256: file.sha256, ...(file.size_in_bytes != null && { size: file.size_in_bytes }) };
}

function parseConda(text: string): v.InferOutput<typeof CondaSchema> | undefined {
  try {
    const parsed = v.safeParse(CondaSchema, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
