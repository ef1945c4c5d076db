/**
 * Do the packages of an environment fit each other? The rules of `pip check`: every requirement whose marker holds here is
 * installed in a version that it allows. Pure. Tests: test/unit/core/venv/check.test.ts
 */
import { normalizeName } from "#core/lock/wheel-name.ts";
import type { Distribution } from "#core/venv/distribution.ts";
import { type MarkerEnv, markerHolds } from "#core/venv/marker.ts";
import { meets } from "#core/venv/pep440.ts";

export interface Conflicts {
  /** One line each, for a person. */
  readonly lines: readonly string[];
  /** Normalised names that something requires and nobody has. */
  readonly missing: readonly string[];
}

type Checked = Pick<Distribution, "key" | "name" | "version" | "requires" | "requiresPython">;

export function checkDistributions(distributions: readonly Checked[], env: MarkerEnv): Conflicts {
  const versions = new Map<string, string>();
  const lines: string[] = [];
  for (const { key, name, version } of distributions) {
    const first = versions.get(key);
    if (first === undefined) versions.set(key, version);
    else lines.push(`${name} is installed twice: ${first}, which counts, and ${version}`);
  }
  const missing = new Set<string>();
  for (const one of distributions) {
    lines.push(...pythonConflict(one, env));
    for (const requirement of one.requires) lines.push(...conflict({ one, requirement, versions, env, missing }));
  }
  return { lines: [...new Set(lines)], missing: [...missing].sort() };
}

function pythonConflict({ name, version, requiresPython }: Checked, env: MarkerEnv): string[] {
  const own = env.python_full_version ?? "";
  if (!requiresPython || meets(own, requiresPython)) return [];
  return [`${name} ${version} requires Python ${requiresPython}, this is ${own}`];
}

interface Case {
  one: Checked;
  requirement: string;
  versions: ReadonlyMap<string, string>;
  env: MarkerEnv;
  missing: Set<string>;
}

function conflict({ one, requirement, versions, env, missing }: Case): string[] {
  const { key, specifier } = wantedHere(requirement, env) ?? {};
  if (key === undefined || specifier === undefined) return [];
  const own = versions.get(key);
  const who = `${one.name} ${one.version}`;
  if (own === undefined) {
    missing.add(key);
    return [`${who} requires ${key}${specifier ? ` ${specifier}` : ""}, which is not installed`];
  }
  if (specifier.startsWith("@") || meets(own, specifier)) return [];
  return [`${who} requires ${key} ${specifier}, but ${own} is installed`];
}

/** The normalised name and the condition of a Requires-Dist line; undefined where its marker does not hold. */
export function wantedHere(requirement: string, env: MarkerEnv): { key: string; specifier: string } | undefined {
  const [head = "", marker] = splitMarker(requirement);
  if (marker !== undefined && !markerHolds(marker, env)) return undefined;
  const parts = /^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(.*)$/s.exec(head);
  if (!parts) return undefined;
  const specifier = (parts[2] ?? "").trim().replace(/^\((.*)\)$/s, "$1");
  return { key: normalizeName(parts[1] ?? ""), specifier };
}

/** A URL requirement ends at a blank before its semicolon. */
function splitMarker(requirement: string): [string, string | undefined] {
  const at = requirement.includes("@") ? requirement.indexOf(" ;") : requirement.indexOf(";");
  if (at < 0) return [requirement, undefined];
  return [requirement.slice(0, at), requirement.slice(requirement.indexOf(";", at) + 1)];
}
