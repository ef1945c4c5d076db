/**
 * Conda: the lock of an existing prefix by itself, and solve and restore against py-rattler alone in a process of its own,
 * with the same caches, on the channel that the tests make.
 */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readCondaPrefix } from "../../core/conda/read-prefix.ts";
import { condaChannel } from "../../test/servers/conda-channel.ts";
import { freshRoot, type Place, project, timed } from "./place.ts";
import { median, ms, type Row, ratioRow } from "./table.ts";

export async function conda(place: Place, rounds = 5): Promise<Row[]> {
  return [await prefixLock(place, rounds), ...(await againstRattler(place, rounds))];
}

const RECORDS = 100;
const FILES = 400;

async function prefixLock(place: Place, rounds: number): Promise<Row> {
  const prefix = join(place.dir, "conda-prefix");
  mkdirSync(join(prefix, "conda-meta"), { recursive: true });
  for (let i = 0; i < RECORDS; i++) await Bun.write(join(prefix, `conda-meta/p${i}-1-0.json`), recordText(i));
  await readCondaPrefix(prefix);
  const times: number[] = [];
  for (let round = 0; round < rounds * 2; round++) {
    const started = performance.now();
    await readCondaPrefix(prefix);
    times.push(performance.now() - started);
  }
  const time = median(times);
  const note = `${RECORDS} records of ${FILES} files`;
  return { section: "conda", what: "lock of a prefix", figure: ms(time), goal: "≤ 20 ms", ok: time <= 20, note };
}

/** As large as the records of real packages. */
function recordText(i: number): string {
  const files = Array.from({ length: FILES }, (_, k) => `lib/python3.11/site-packages/p${i}/module_${k}.py`);
  const paths = files.map((_path) => ({ _path, path_type: "hardlink", sha256: "ab".repeat(32), size_in_bytes: 1234 }));
  const base = { name: `p${i}`, version: "1", build: "0", build_number: 0, subdir: "linux-64", fn: `p${i}-1-0.conda` };
  const origin = {
    url: `https://host/c/linux-64/p${i}-1-0.conda`,
    channel: "c",
    md5: "ab".repeat(16),
    sha256: "ab".repeat(32),
  };
  return JSON.stringify({
    ...base,
    ...origin,
    depends: ["python >=3.11"],
    files,
    paths_data: { paths, paths_version: 1 },
    timestamp: 1,
  });
}

interface Times {
  ours: number;
  theirs: number;
}

async function againstRattler(place: Place, rounds: number): Promise<Row[]> {
  const { dir, minor } = await condaChannel();
  const channel = `file://${dir}/main`;
  const yaml = `name: conda\nenvironment: { python: "${minor}", arch: amd64 }\nconfigs: { conda: { channels: ["${channel}"] } }\ndependencies: [{ conda: [native, hail] }]\n`;
  const cwd = await project(place, "conda-yaml", { "runtime.yaml": yaml });
  const fresh = freshRoot(place, "conda-root");
  const swcli = async (...words: string[]) => (await timed(fresh, [place.swcli, "runtime", ...words], cwd)).ms;
  await swcli("build", "--prepare", "wait");
  const python = enginePython(fresh);
  const [solves, restores, both]: [Times[], Times[], Times[]] = [[], [], []];
  const records = await solvedRecords(place, { python, channel, minor });
  for (let round = 0; round < rounds; round++) {
    const prefix = join(place.dir, `theirs-${round}`);
    const alone = await rattlerAlone(place, { python, channel, prefix, minor });
    solves.push({ ours: await swcli("build", "-nc", "--prepare", "no"), theirs: alone.solve });
    both.push({ ours: await swcli("build", "-nc", "--prepare", "wait"), theirs: alone.solve + alone.install });
    rmSync(prefix, { recursive: true, force: true });
    await timed(fresh, [place.swcli, "env", "remove", "-f", "conda"]);
    const theirs = await timed(place, [python, "-c", restoreAlone(records, prefix)]);
    restores.push({ ours: await swcli("build", "--prepare", "wait"), theirs: theirs.ms });
    rmSync(prefix, { recursive: true, force: true });
  }
  await timed(fresh, [place.swcli, "daemon", "stop"]);
  return [
    row("warm solve: `build` / py-rattler alone", solves),
    row("restore: a locked `build --prepare wait` / py-rattler alone", restores),
    row("solve and restore: `build` / py-rattler alone", both),
  ];
}

function row(what: string, all: readonly Times[]): Row {
  const note = `${ms(median(all.map(({ ours }) => ours)))} / ${ms(median(all.map(({ theirs }) => theirs)))}`;
  return ratioRow({ section: "conda", what, note }, median(all.map(({ ours, theirs }) => ours / theirs)), 1.3);
}

function enginePython({ env }: Place): string {
  const tools = join(env.SW_LOCAL_STORAGE ?? "", ".store/v1/tools");
  const tool = readdirSync(tools).find((name) => name.startsWith("rattler-"));
  return join(tools, tool ?? "", "env/bin/python");
}

interface Alone {
  python: string;
  channel: string;
  prefix: string;
  minor: string;
}

/** What a lock would hold for it: a folder with each package's record. */
async function solvedRecords(place: Place, { python, channel, minor }: Omit<Alone, "prefix">): Promise<string> {
  const dir = join(place.dir, "records");
  mkdirSync(dir);
  await timed(place, [
    python,
    "-c",
    solveAnd({ channel, minor }, `[open(f"${dir}/{x.file_name}.json", "w").write(x.to_json()) for x in r]`),
  ]);
  return dir;
}

/** A process of its own that links the packages of these records, without a solve. */
const restoreAlone = (records: string, prefix: string) => `
import asyncio, glob, json, os
from rattler import install, PackageRecord, RepoDataRecord
def record(path):
    one = json.load(open(path))
    package = PackageRecord.from_index_json(path, size=one.get("size"), sha256=one.get("sha256"), md5=one.get("md5"))
    return RepoDataRecord(package, one["fn"], one["url"], one["channel"])
async def main():
    r = [record(path) for path in sorted(glob.glob("${records}/*.json"))]
    await install(r, target_prefix="${prefix}", execute_link_scripts=True, show_progress=False)
asyncio.run(main())
os._exit(0)`;

// Its threads sometimes crash while Python tears itself down, after all is done: hence os._exit.
const solveAnd = ({ channel, minor }: Pick<Alone, "channel" | "minor">, then: string) => `
import asyncio, os
from rattler import solve, install, GenericVirtualPackage, PackageName, Version, BuildString
async def main():
    v = [GenericVirtualPackage(PackageName("__glibc"), Version("2.31"), BuildString("0"))]
    r = await solve(["${channel}"], ["native", "hail", "python ${minor}.*"], platforms=["linux-64", "noarch"], virtual_packages=v)
    ${then}
asyncio.run(main())
os._exit(0)`;

/** One process each for the solve and for the solve with the install, start included: as its own command would be. */
async function rattlerAlone(place: Place, { python, channel, prefix, minor }: Alone) {
  const install = `await install(r, target_prefix="${prefix}", execute_link_scripts=True, show_progress=False)`;
  const only = await timed(place, [python, "-c", solveAnd({ channel, minor }, "pass")]);
  const both = await timed(place, [python, "-c", solveAnd({ channel, minor }, install)]);
  return { solve: only.ms, install: both.ms - only.ms };
}
