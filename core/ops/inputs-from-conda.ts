/**
 * A conda environment → the inputs of a package: its own records as the exact lock, and what pip added to it locked by pip's
 * rules. The environment is only read. Tests: test/e2e/build-conda-prefix.test.ts
 */
import { relative } from "pathe";
import { sayClosed } from "#core/conda/channel-secrets.ts";
import { CONDA_LOCK_FILE, EXPLICIT_LOCK_FILE, type ExplicitLock, renderExplicit } from "#core/conda/explicit-lock.ts";
import { ownPython } from "#core/conda/own-python.ts";
import { platformOf } from "#core/conda/platform.ts";
import { type CondaPrefix, readCondaPrefix } from "#core/conda/read-prefix.ts";
import { byName, exactSpec } from "#core/conda/record.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { pipLines, renderCondaLock } from "#core/lock/conda-lock-text.ts";
import { thisPlatform } from "#core/lock/platforms.ts";
import { emptyRequirements } from "#core/lock/requirements.ts";
import { renderSpec } from "#core/manifest/render-spec.ts";
import type { EnvPlace, SourceInputs, SourceParams } from "#core/ops/build-source.ts";
import { textEntry } from "#core/ops/collect.ts";
import { inScratch, lockEntries, specOf, wheelEntries } from "#core/ops/inputs-from-venv.ts";
import { type EnvLock, lockDistributions, refusePython } from "#core/ops/lock-distributions.ts";
import type { Entry } from "#core/store/versions.ts";
import type { Distribution } from "#core/venv/distribution.ts";
import { readDistributions } from "#core/venv/distributions.ts";
import { envName } from "#core/venv/env-name.ts";
import { sitePackages } from "#core/venv/read-venv.ts";

export async function inputsFromConda(ctx: Ctx, params: SourceParams, place: EnvPlace): Promise<SourceInputs> {
  const found = await readCondaPrefix(place.prefix);
  const version = found.python ?? refuseNoPython(place.prefix);
  const python = { minor: version.split(".").slice(0, 2).join("."), version };
  refusePython(place.prefix, python);
  const explicit = explicitOf(ctx, found, params.target.arch);
  sayClosed(ctx, explicit.channels, found.closed);
  sayActivation(ctx, found);
  const { own, provided } = await pipPart(found);
  ctx.report.log(`${found.records.length} conda and ${own.length} pip packages in ${place.prefix}, Python ${version}`);
  return await inScratch(ctx, async (scratch) => {
    const locked = await lockDistributions(ctx, {
      label: place.prefix,
      python,
      findPython: () =>
        ownPython(ctx, {
          ...{ minor: python.minor, records: found.records, lock: explicit },
          prefix: `${scratch}/python`,
        }),
      arch: [archOf(Object.keys(explicit.platforms)[0] ?? "")],
      distributions: own,
      provided,
      extras: params.extras,
      scratch,
    });
    return await assemble(ctx, { params, place, python: version, explicit, locked });
  });
}

const refuseNoPython = (prefix: string): never => {
  throw new SwError("LOCK_FAILED", `the conda environment ${prefix} has no python package`, {
    hint: "A runtime is a Python environment; install python into it.",
  });
};

/** Records of one machine are of its platform; another one can't be locked from them. */
function explicitOf(ctx: Ctx, found: CondaPrefix, arch: string): ExplicitLock {
  const { records, requested, prefix, variables } = found;
  const subdir = records.find((record) => record.subdir !== "noarch")?.subdir ?? "linux-64";
  const platform = platformOf(subdir) ?? thisPlatform();
  if (arch !== "noarch" && !platform.endsWith(arch === "amd64" ? "x86_64" : "aarch64")) {
    throw new SwError("PLATFORM_NOT_COVERED", `${prefix} is for ${subdir}; it can't be locked for ${arch}`, {
      hint: "Build from a runtime.yaml with conda dependencies to lock for several platforms.",
    });
  }
  const local = records.filter(({ url }) => !/^https?:/.test(url)).map(({ fn }) => fn);
  if (local.length > 0)
    ctx.report.warn(`${local.join(", ")} came from a folder of this machine; others can't fetch them`);
  const nowhere = records.filter(({ url, sha256, md5 }) => url === "" || (!sha256 && !md5));
  if (nowhere.length > 0) {
    throw new SwError("LOCK_FAILED", `no address or hash is known of ${nowhere.map(exactSpec).join(", ")}`, {
      hint: "Install them from a channel.",
    });
  }
  const channels = [...new Set(byName(records).map(({ channel }) => channel))];
  return { channels, requested: [...new Set(requested)].sort(), variables, platforms: { [subdir]: [...records] } };
}

/** What else of the activation goes into the package, and what can't: no package has it. */
function sayActivation(ctx: Ctx, { variables, handmade }: CondaPrefix): void {
  const names = Object.keys(variables);
  if (names.length > 0) ctx.report.warn(`variables of the environment go into the package: ${names.join(", ")}`);
  if (handmade.length === 0) return;
  ctx.report.warn(
    `no package has ${handmade.join(", ")}: not carried (\`conda env config vars\` keeps variables, \`files:\` of a runtime.yaml carries scripts)`,
  );
}

const archOf = (subdir: string) => (subdir.endsWith("aarch64") || subdir.endsWith("arm64") ? "arm64" : "amd64");

/** A distribution is pip's when no record holds its metadata; who its INSTALLER was is only a hint. */
async function pipPart({ prefix, owned }: CondaPrefix): Promise<{ own: Distribution[]; provided: Distribution[] }> {
  const sites = (await sitePackages(prefix)).map(({ path }) => path);
  const all = await readDistributions(sites);
  const isConda = ({ site, info }: Distribution) => {
    const path = relative(prefix, `${site}/${info}`);
    return owned.has(`${path}/METADATA`) || owned.has(`${path}/PKG-INFO`) || owned.has(path);
  };
  return { own: all.filter((one) => !isConda(one)), provided: all.filter(isConda) };
}

interface Assembly {
  params: SourceParams;
  place: EnvPlace;
  python: string;
  explicit: ExplicitLock;
  locked: EnvLock;
}

async function assemble(ctx: Ctx, { params, place, python, explicit, locked }: Assembly): Promise<SourceInputs> {
  const [subdir = "linux-64", records = []] = Object.entries(explicit.platforms)[0] ?? [];
  const { name, own } = envName(place.name ?? place.prefix);
  const wheels = await wheelEntries(ctx, locked);
  const { channels } = explicit;
  const conda = { packages: byName(records).map(exactSpec), channels };
  const text = renderSpec({
    ...params.target,
    name,
    mode: "conda",
    python,
    arch: [params.target.arch],
    pip: locked.requirements,
    wheels: wheels.map(({ path }) => path.slice("wheels/".length)),
    conda,
  });
  const locks = await condaLockEntries(ctx, { name, explicit, lock: locked.lock });
  return {
    name,
    wished: own,
    spec: specOf(text),
    python: { minor: python.split(".").slice(0, 2).join("."), version: python, from: "runtime.yaml" },
    requirements: emptyRequirements(),
    lock: { ...locked.lock, platforms: [platformOf(subdir) ?? thisPlatform()] },
    lockCached: false,
    lockFiles: lockFilesOf(locks),
    channels,
    entries: [await textEntry(ctx, "runtime.yaml", text), ...locks, ...wheels],
    facts: {
      source: place.useShell ? "shell" : "conda",
      envName: place.name ?? "",
      envPrefixPath: place.useShell ? null : place.name ? "" : place.prefix,
      envUseShell: place.useShell,
      pythonEnv: "conda",
    },
  };
}

/** conda's lock twice, for the Python client and exactly, and pip's with hashes where there is a pip part. */
export async function condaLockEntries(
  ctx: Ctx,
  { name, explicit, lock }: { name: string; explicit: ExplicitLock; lock: EnvLock["lock"] },
): Promise<Entry[]> {
  const pip = [...pipLines(lock.requirementsTxt), ...pipLines(lock.vcsTxt)];
  const main = explicit.platforms["linux-64"] ?? Object.values(explicit.platforms)[0] ?? [];
  const packages = byName(main).map(exactSpec);
  const text = renderCondaLock({ name, channels: explicit.channels, packages, pip });
  return [
    await textEntry(ctx, `dependencies/${CONDA_LOCK_FILE}`, text),
    await textEntry(ctx, `dependencies/${EXPLICIT_LOCK_FILE}`, renderExplicit(explicit)),
    ...(pip.length > 0 ? await lockEntries(ctx, lock) : []),
  ];
}

/** As the manifest lists them: names that the Python client knows. */
export const lockFilesOf = (locks: readonly Entry[]): string[] =>
  locks.map(({ path }) => path.slice("dependencies/".length)).filter((path) => path !== EXPLICIT_LOCK_FILE);
