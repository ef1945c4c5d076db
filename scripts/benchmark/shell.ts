/**
 * What people feel in a shell: the hook against venv's own script in the same shell, many shells at once, `cd`, Tab, and a
 * command in a runtime against other tools.
 */
import { join, resolve } from "node:path";
import { ratios } from "./hyperfine.ts";
import { type Place, project, settledEnv, timed } from "./place.ts";
import { median, ms, type Row, ratioRow } from "./table.ts";

const QUICKSTART = resolve(import.meta.dir, "../../test/fixtures/quickstart");
const section = "shell";

export async function shell(place: Place, rounds = 9): Promise<Row[]> {
  await timed(place, [place.swcli, "runtime", "build", "--prepare", "wait"], QUICKSTART);
  await settledEnv(place);
  await timed(place, ["python3", "-m", "venv", "--without-pip", join(place.dir, "venv")]);
  const rows: Row[] = [];
  for (const name of ["bash", "zsh"]) if (Bun.which(name)) rows.push(...(await hooked(place, name, rounds)));
  rows.push(await manyAtOnce(place), ...(await againstOthers(place, rounds)));
  return rows;
}

const CLOCK: Readonly<Record<string, string>> = {
  bash: "now() { NOW=${EPOCHREALTIME/[^0-9]/}; }",
  zsh: "zmodload zsh/datetime zsh/mathfunc; now() { NOW=$(( int(EPOCHREALTIME * 1000000) )); }",
};

/** Both in turns in one shell, each alone timed: what another process took from one of them is then one odd sample. */
async function hooked(place: Place, name: string, rounds: number): Promise<Row[]> {
  const hook = (await timed(place, [place.swcli, "shell", "init", name, "--cd"])).stdout;
  const script = [
    hook,
    CLOCK[name],
    "PS1='$ '; swcli runtime activate quickstart; deactivate; cd /; _swrt_cd",
    `for ((i = 0; i < ${rounds * 100}; i++)); do`,
    `now; t=$NOW; source '${place.dir}/venv/bin/activate'; now; a=$((NOW - t)); deactivate`,
    "now; t=$NOW; swcli runtime activate quickstart; now; b=$((NOW - t)); deactivate",
    'now; t=$NOW; _swrt_cd; now; echo "$a $b $((NOW - t))"; done',
  ];
  const file = join(place.dir, `hooked.${name}`);
  await Bun.write(file, `${script.join("\n")}\n`);
  const { stdout } = await timed(place, [name, ...(name === "zsh" ? ["-f"] : ["--norc"]), file]);
  const samples = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" ").map((us) => Number(us) / 1000));
  const at = (i: number) => median(samples.map((sample) => sample[i] ?? Number.NaN));
  const [venv, own, cd] = [at(0), at(1), at(2)];
  const what = `${name}: hooked \`activate\`, ready / \`source venv/bin/activate\``;
  const cdRow = { section, what: `${name}: \`cd\` hook, unchanged`, figure: `${cd.toFixed(3)} ms`, goal: "≤ 1 ms" };
  return [
    ratioRow({ section, what, note: `${own.toFixed(3)} / ${venv.toFixed(3)} ms` }, own / venv, 1),
    { ...cdRow, ok: cd <= 1 },
  ];
}

const SHELLS = 50;

// $1: the file of a shell, $2: how many. They end after all are through, so that no end is measured too.
const GROUP = `mkfifo go idle; for ((i = 0; i < $2; i++)); do bash --norc "$1" & done
sleep 1; : >go; wait; rm go idle`;

/** Each shell times its own activation; all wait at one pipe and are let go together. */
async function manyAtOnce(place: Place): Promise<Row> {
  const hook = (await timed(place, [place.swcli, "shell", "init", "bash"])).stdout;
  const file = join(place.dir, "many.bash");
  const wait = "read -r go <go || :";
  const timing = "now; t=$NOW; swcli runtime activate quickstart; now";
  const report = "read -r -t 1 go <>idle || :; echo $((NOW - t))";
  await Bun.write(file, `${[hook, CLOCK.bash, wait, timing, report].join("\n")}\n`);
  const group = async (count: number): Promise<number[]> => {
    const { stdout } = await timed(place, ["bash", "-c", GROUP, "group", file, String(count)]);
    return stdout
      .trim()
      .split("\n")
      .map((us) => Number(us) / 1000);
  };
  const alone: number[] = [];
  for (let i = 0; i < 5; i++) alone.push(...(await group(1)));
  // Several groups: of fifty the 99th percentile would be the slowest one.
  const all: number[] = [];
  for (let i = 0; i < 7; i++) all.push(...(await group(SHELLS)));
  const p99 = all.sort((a, b) => a - b)[Math.ceil(all.length * 0.99) - 1] ?? Number.NaN;
  const one = median(alone);
  const note = `${p99.toFixed(2)} / ${one.toFixed(2)} ms, median ${median(all).toFixed(2)}`;
  return ratioRow({ section, what: `${SHELLS} shells activate at once: p99 / one alone`, note }, p99 / one, 10);
}

/** A command in a runtime, as other tools run one in their environments; and what Tab asks. */
async function againstOthers(place: Place, rounds: number): Promise<Row[]> {
  const dir = await project(place, "others", {
    "pyproject.toml": '[project]\nname = "others"\nversion = "0"\n',
    ".envrc": "export SOMETHING=1\n",
    "mise.toml": '[env]\nSOMETHING = "1"\n',
  });
  await timed(place, [place.uv, "sync", "--quiet"], dir);
  const others: [string, string[]][] = [["`uv run --no-sync -- true`", [place.uv, "run", "--no-sync", "--", "true"]]];
  const direnv = Bun.which("direnv");
  if (direnv) await timed(place, [direnv, "allow", dir], dir);
  if (direnv) others.push(["`direnv exec . true`", [direnv, "exec", dir, "true"]]);
  const mise = Bun.which("mise");
  if (mise) await timed(place, [mise, "trust", "--yes", dir], dir);
  if (mise) others.push(["`mise exec -- true`", [mise, "exec", "--", "true"]]);
  const run = [place.swcli, "runtime", "run", "quickstart", "--", "true"];
  const rows: Row[] = [];
  for (const [what, argv] of others) {
    const [own] = await ratios(place, [argv, run], { rounds, cwd: dir });
    if (own)
      rows.push(
        ratioRow(
          { section, what: `\`run URI -- true\` / ${what}`, note: `${ms(own.ms)} / ${ms(own.baseMs)}` },
          own.ratio,
          1,
        ),
      );
  }
  const [tab] = await ratios(place, [[place.empty], [place.swcli, "__complete", "uri", "q"]], { rounds, cwd: dir });
  if (tab)
    rows.push(
      ratioRow(
        { section, what: "Tab after `activate` / empty program", note: `${ms(tab.ms)} / ${ms(tab.baseMs)}` },
        tab.ratio,
        2,
      ),
    );
  return rows;
}
