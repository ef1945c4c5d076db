/**
 * Lock files of others as inputs: `conda-lock.yml`, `@EXPLICIT` lists of conda, `pixi.lock`. Told by content, not by name.
 * Owns their forms. Tests: test/unit/core/manifest/conda-lock-input.test.ts
 */

import * as v from "valibot";
import { parse, type Tags } from "yaml";
import { SwError } from "#core/errors.ts";

export interface PinnedPackage {
  url: string;
  md5?: string;
  sha256?: string;
  /** As in repodata, where the file says them. */
  depends: string[];
}

/** One package of the pip part. */
export interface PinnedPip {
  /** `name==version`, or `name @ git+URL@COMMIT`. */
  requirement: string;
  /** Of the file that was locked, where the lock file says it. */
  sha256?: string;
}

export interface CondaLockInput {
  /** By conda's name of the platform. */
  platforms: Record<string, PinnedPackage[]>;
  /** Likewise. */
  pip: Record<string, PinnedPip[]>;
}

/** undefined when the text is none of them. @throws SwError MANIFEST_DEPENDENCY for one that can't be used */
export function parseCondaLockInput(text: string, label: string): CondaLockInput | undefined {
  if (/^\s*@EXPLICIT\s*$/m.test(text)) return explicitList(text, label);
  if (/^package:/m.test(text) && /^metadata:/m.test(text)) {
    return proven(condaLock(readYaml(CondaLockYml, text, label), label), label);
  }
  if (/^environments:/m.test(text) && /^packages:/m.test(text)) {
    return proven(pixiLock(readYaml(PixiLock, text, label), label), label);
  }
  // Half a lock file would pass for an environment.yml that asks for nothing.
  if (LOCK_NAME.test(label)) throw unusable(label, "it is no lock file, or not a whole one");
  return undefined;
}

const LOCK_NAME = /(^|\/)(pixi\.lock|([^/]*[.-])?conda-lock\.ya?ml)$/;

function proven(input: CondaLockInput, label: string): CondaLockInput {
  const bare = Object.values(input.platforms)
    .flat()
    .find(({ md5 = "", sha256 = "" }) => !HASH.test(sha256) && !HASH.test(md5));
  if (bare) throw unusable(label, `${bare.url} has no hash`);
  return input;
}

const unusable = (label: string, why: string) =>
  new SwError("MANIFEST_DEPENDENCY", `${label}: ${why}`, {
    hint: "Write the lock file again with the tool that made it.",
  });

function readYaml<T>(schema: v.GenericSchema<unknown, T>, text: string, label: string): T {
  let data: unknown;
  try {
    data = parse(text, { maxAliasCount: 100, customTags: withoutNumbers });
  } catch (cause) {
    throw unusable(label, `not yaml (${cause instanceof Error ? cause.message.split("\n")[0] : ""})`);
  }
  const parsed = v.safeParse(schema, data);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  throw unusable(label, `${v.getDotPath(issue) ?? "the file"}: ${issue.message}`);
}

/** A hash of digits alone, and the version 1.10, are texts. */
const withoutNumbers = (tags: Tags): Tags =>
  tags.filter((tag) => typeof tag === "string" || !/:(int|float)$/.test(tag.tag));

const HASH = /^(?:sha256:)?([0-9a-f]{64})$|^(?:md5:)?([0-9a-f]{32})$/i;

/** `URL#MD5` or `URL#sha256:…` lines; one file is for one platform. */
function explicitList(text: string, label: string): CondaLockInput {
  const platforms: Record<string, PinnedPackage[]> = {};
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const packages = lines.filter((line) => /^(https?|file):\/\//.test(line)).map((line) => explicitLine(line, label));
  const subdir = packages.map(({ url }) => subdirOf(url)).find((name) => name !== "noarch");
  const said = /^#\s*platform:\s*(\S+)/m.exec(text)?.[1];
  platforms[said ?? subdir ?? "linux-64"] = packages;
  return { platforms, pip: {} };
}

function explicitLine(line: string, label: string): PinnedPackage {
  const [url = "", fragment = ""] = line.split("#");
  const hash = HASH.exec(fragment);
  if (!hash) throw unusable(label, `${url} has no hash (\`conda list --explicit --md5\` writes them)`);
  return { url, sha256: hash[1]?.toLowerCase(), md5: hash[2]?.toLowerCase(), depends: [] };
}

const subdirOf = (url: string) => url.split("/").at(-2) ?? "";

/** https://github.com/conda/conda-lock, version 1 */
const CondaLockYml = v.looseObject({
  package: v.array(
    v.looseObject({
      name: v.string(),
      version: v.string(),
      manager: v.string(),
      platform: v.string(),
      url: v.string(),
      dependencies: v.nullish(v.record(v.string(), v.nullish(v.string(), "")), {}),
      hash: v.nullish(v.looseObject({ md5: v.nullish(v.string()), sha256: v.nullish(v.string()) }), {}),
    }),
  ),
});

function condaLock({ package: packages }: v.InferOutput<typeof CondaLockYml>, label: string): CondaLockInput {
  const out: CondaLockInput = { platforms: {}, pip: {} };
  for (const one of packages) {
    const { platform, url } = one;
    const list = listOf(out.platforms, platform);
    const hashes = hashesOf(one.hash);
    if (one.manager === "pip") listOf(out.pip, platform).push(pipPin({ ...one, place: url, ...hashes }, label));
    else {
      const depends = Object.entries(one.dependencies ?? {}).map(([name, spec]) => `${name} ${spec}`.trim());
      list.push({ url, ...hashes, depends });
    }
  }
  return out;
}

function listOf<T>(lists: Record<string, T[]>, platform: string): T[] {
  const list = lists[platform] ?? [];
  lists[platform] = list;
  return list;
}

const hashesOf = (
  hash: { md5?: string | null | undefined; sha256?: string | null | undefined } | null | undefined,
) => ({
  md5: hash?.md5?.toLowerCase(),
  sha256: hash?.sha256?.toLowerCase(),
});

/** https://pixi.sh, versions 4 to 6: packages once, environments name them by URL. */
const PixiLock = v.looseObject({
  environments: v.record(
    v.string(),
    v.looseObject({ packages: v.record(v.string(), v.array(v.record(v.string(), v.unknown()))) }),
  ),
  packages: v.array(v.record(v.string(), v.unknown())),
});

function pixiLock({ environments, packages }: v.InferOutput<typeof PixiLock>, label: string): CondaLockInput {
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  const known = new Map(packages.map((one) => [text(one.conda) ?? text(one.pypi) ?? text(one.url) ?? "", one]));
  const chosen = environments.default ?? Object.values(environments)[0];
  const out: CondaLockInput = { platforms: {}, pip: {} };
  for (const [platform, list] of Object.entries(chosen?.packages ?? {})) {
    const conda = listOf(out.platforms, platform);
    for (const item of list) {
      const one: Record<string, unknown> = known.get(text(item.conda) ?? text(item.pypi) ?? "") ?? {};
      const hashes = { md5: text(one.md5), sha256: text(one.sha256) };
      const [url, place] = [text(item.conda), text(item.pypi)];
      const about = { name: text(one.name), version: text(one.version) };
      if (place) listOf(out.pip, platform).push(pipPin({ place, ...about, ...hashes }, label));
      const depends = Array.isArray(one.depends) ? one.depends.filter((dep) => typeof dep === "string") : [];
      if (url) conda.push({ url, ...hashes, depends });
    }
  }
  return out;
}

interface PipPlace {
  /** Its address. */
  place: string;
  name?: string | undefined;
  version?: string | undefined;
  sha256?: string | undefined;
}

/** An index has what came from the web, a repository its commit; a project beside the lock file is on neither. */
function pipPin({ place, name, version, sha256 }: PipPlace, label: string): PinnedPip {
  if (!/^(git\+)?https?:/i.test(place)) {
    throw new SwError("MANIFEST_DEPENDENCY", `${label}: the package ${place} lies beside the lock file, on no index`, {
      hint: "Build a wheel of it and name that under wheels, in a lock file without it.",
    });
  }
  if (!name || !version) throw unusable(label, `${place} is not described`);
  if (place.startsWith("git+")) return { requirement: `${name} @ ${atCommit(place, label)}` };
  return { requirement: `${name}==${version}`, ...(sha256 && HASH.test(sha256) && { sha256: sha256.toLowerCase() }) };
}

/** pixi writes the commit behind `#` and a folder behind `?`, others behind `@` and `#`. */
function atCommit(place: string, label: string): string {
  const [address = "", behind = ""] = place.slice("git+".length).split("#");
  const { origin, pathname, searchParams } = new URL(address);
  const [path = "", ref = ""] = pathname.split(/@(?=[^/]*$)/);
  const commit = [behind, ref].find((text) => /^[0-9a-f]{40}$/.test(text));
  if (!commit) throw unusable(label, `${place} names no commit`);
  const folder = searchParams.get("subdirectory") ?? new URLSearchParams(behind).get("subdirectory");
  return `git+${origin}${path}@${commit}${folder ? `#subdirectory=${folder}` : ""}`;
}
