/**
 * What the conda part of a runtime asks for: channels, specs with their places, nested pip, variables – from its files, its
 * `conda:` items and its settings. What opens channels is taken out of them here. Tests: test/unit/core/conda/wants.test.ts
 */
import { dirname } from "pathe";
import {
  channelOf,
  isAddress,
  noSecrets,
  type Secrets,
  takeFromSpec,
  takeSecrets,
} from "#core/conda/channel-secrets.ts";
import type { SpecLine } from "#core/conda/engine-error.ts";
import { specName } from "#core/conda/engine-error.ts";
import { pipLines } from "#core/conda/lock-pip.ts";
import { FILE_NAME } from "#core/conda/record.ts";
import { placeOf } from "#core/lock/line-error.ts";
import type { RequirementSource } from "#core/lock/requirements.ts";
import { type CondaFile, parseCondaFile } from "#core/manifest/conda-file.ts";
import { type CondaLockInput, type PinnedPackage, parseCondaLockInput } from "#core/manifest/conda-lock-input.ts";
import type { Dependency } from "#core/manifest/spec.ts";
import type { Env } from "#core/platform/env.ts";

export interface CondaWants {
  /** As written but for what opens them, in order of priority; empty when nobody names one. */
  channels: string[];
  secrets: Secrets;
  specs: SpecLine[];
  pip: RequirementSource[];
  variables: Record<string, string>;
  warnings: string[];
  /** Of a lock file that was given instead of specs. */
  pinned?: { label: string; platforms: Record<string, PinnedPackage[]> };
}

export interface WantsInput {
  dependencies: readonly Dependency[];
  /** `configs.conda.channels`. */
  channels: readonly string[];
  /** How messages call the file that the dependencies stand in. */
  label: string;
  /** The text of a conda file. */
  textOf: (path: string) => Promise<string>;
  /** Fills the variables that stand for logins and tokens. */
  env: Env;
}

/** The channel that the reader of runtime.yaml puts where nobody names one. */
const DEFAULT = "conda-forge";

export async function condaWants(input: WantsInput): Promise<CondaWants> {
  const { dependencies, channels, label, textOf } = input;
  const wants: CondaWants = { channels: [], secrets: noSecrets(), specs: [], pip: [], variables: {}, warnings: [] };
  for (const dependency of dependencies) {
    if (dependency.kind === "conda_pkg") {
      wants.specs.push(...dependency.items.map(({ text, at }) => ({ text, at: { file: label, ...at } })));
    } else if (dependency.kind === "conda_env_file") addFile(wants, dependency.path, await textOf(dependency.path));
  }
  const isDefault = channels.length === 1 && channels[0] === DEFAULT;
  // A file's own channels come first, as with `conda env update`.
  if (!isDefault) wants.channels.push(...channels);
  takeAll(wants, input.env);
  wants.specs = wants.specs.map(({ text, at }) => ({ text: inChannel(text), at }));
  for (const { text, at } of wants.specs) {
    const named = /^([^\s[]+)::/.exec(text)?.[1];
    if (named && !wants.channels.includes(channelOf(named))) wants.channels.push(channelOf(named));
    if (specName(text) === "") wants.warnings.push(`${placeOf(at)}: ${text} is no package`);
  }
  return wants;
}

/** Nothing behind this line sees a login or token, and no message can show one. */
function takeAll(wants: CondaWants, env: Env): void {
  const { secrets } = wants;
  wants.channels = [...new Set(wants.channels.map((channel) => takeSecrets(env, channel, secrets)))];
  wants.specs = wants.specs.map(({ text, at }) => ({ text: takeFromSpec(env, text, secrets), at }));
  for (const list of Object.values(wants.pinned?.platforms ?? {})) {
    for (const one of list) one.url = takeSecrets(env, one.url, secrets);
  }
}

function addFile(wants: CondaWants, path: string, text: string): void {
  const lock = parseCondaLockInput(text, path);
  if (lock) addLock(wants, path, lock);
  else addSpecs(wants, path, parseCondaFile(text, path));
}

function addSpecs(wants: CondaWants, path: string, file: CondaFile): void {
  wants.channels.push(...file.channels);
  wants.specs.push(...file.packages.map(({ text, at }) => ({ text: matchSpec(text), at: { file: path, ...at } })));
  const base = dirname(path);
  wants.pip.push(...file.pip.map(({ text, at }) => ({ kind: "pkg" as const, text, at: { file: path, ...at }, base })));
  Object.assign(wants.variables, file.variables);
  wants.warnings.push(...file.warnings);
}

function addLock(wants: CondaWants, label: string, lock: CondaLockInput): void {
  const at = { file: label, line: 0 };
  // Several @EXPLICIT lists may name a platform each.
  wants.pinned = { label, platforms: { ...wants.pinned?.platforms, ...lock.platforms } };
  wants.pip.push(...pipLines(lock).map((text) => ({ kind: "pkg" as const, text, at })));
}

/** The address of a package as what its channel's index knows, which has the hashes that the file itself is without. */
function inChannel(spec: string): string {
  const channel = isAddress(spec) ? channelOf(spec) : spec;
  const [, name, version, build] = FILE_NAME.exec(spec.slice(spec.lastIndexOf("/") + 1)) ?? [];
  return channel === spec || !build || spec.includes("%") ? spec : `${channel}::${name}=${version}=${build}`;
}

/** conda's files say `name=1.2` for `1.2.*` and `name=1.2=build`, which the engine reads as they are. */
const matchSpec = (text: string) => text.replace(/\s+#.*$/, "");

export const pythonSpec = (specs: readonly SpecLine[]) => specs.find(({ text }) => specName(text) === "python");
