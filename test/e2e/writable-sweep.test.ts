/** Writable environments that nobody can come back to go with gc, with prune and when a daemon starts; all others stay. */
import { describe, expect } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { startChild } from "../helpers/child.ts";
import { bothModes, type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { buildRuntime, MINUTES } from "./activated.ts";
import { uvProgram } from "./env-state.ts";
import { GONE, identity, makeWritable } from "./small-env.ts";
import { buildSmall } from "./small-runtime.ts";

const it = testWith(needsLinux());
const HOUR = 3_600_000;

interface Row {
  prefix: string;
  why: string;
}

/** What takes them, with what it says of each: `go` and `kept`, by the environment's name. */
const SWEEPS = { gc: ["gc", "--yes"], prune: ["env", "prune"] };

async function sweep(home: Home, words: readonly string[]) {
  const { json } = await home.run(["-o", "json", ...words]);
  const whys = (rows: Row[]) => Object.fromEntries(rows.map(({ prefix, why }) => [basename(prefix), why]));
  return { go: whys(json.environments), kept: whys(json.kept) };
}

/** Without a record, as a death in the middle of the making leaves it. */
async function makeHalf(home: Home, name: string): Promise<string> {
  const prefix = join(home.root, ".envs/writable", name);
  await mkdir(join(prefix, "lib"), { recursive: true });
  return prefix;
}

async function leaseFor(home: Home, prefix: string, owner: { pid: number; started: string }): Promise<void> {
  const leases = join(home.root, ".store/v1/leases");
  await mkdir(leases, { recursive: true });
  const name = `writable-${basename(prefix)}`;
  await writeFile(join(leases, `${name}.json`), JSON.stringify({ name, prefix, digests: [], owner }));
}

const names = async (home: Home) => {
  const all = await readdir(join(home.root, ".envs/writable"));
  return all.filter((name) => !/\.(json|used)$/.test(name)).sort();
};

bothModes((mode) => {
  for (const [verb, words] of Object.entries(SWEEPS)) {
    describe(verb, () => {
      it("takes what was made for a shell that has ended, and neither a named one nor that of a living shell", async () => {
        await using home = await tempHome({ mode });
        await makeWritable(home, "named");
        await makeWritable(home, "living", await identity(process.pid));
        const orphan = await makeWritable(home, "orphan", GONE);
        await orphan.usedAt(Date.now() - HOUR);
        // It had ended before the environment was there.
        await makeWritable(home, "late", { pid: GONE.pid, started: "" });
        const dry = await sweep(home, [...words, "--dry-run"]);
        const why = "its shell has ended";
        expect([dry.go, await names(home)]).toEqual([
          { late: why, orphan: why },
          ["late", "living", "named", "orphan"],
        ]);
        expect(await sweep(home, words)).toEqual(dry);
        expect((await readdir(join(home.root, ".envs/writable"))).sort()).toEqual([
          ...["living", "living.json"],
          ...["named", "named.json"],
        ]);
      });

      it("leaves that of an ended shell while somebody is in it or on the way in", async () => {
        await using home = await tempHome({ mode });
        const [stands, entered, coming] = await Promise.all(
          ["stands", "entered", "coming"].map(async (name) => await makeWritable(home, name, GONE)),
        );
        await coming?.usedAt(Date.now());
        const user = Bun.spawn(["sleep", "60"], { cwd: stands?.prefix ?? "/", env: {} });
        try {
          const live = join(home.root, ".store/v1/activation/live");
          await mkdir(live, { recursive: true });
          await writeFile(join(live, String(process.pid)), "in entered\n");
          expect((await sweep(home, words)).kept).toEqual({
            stands: "a process uses it",
            entered: "a shell is in it",
            coming: "it was activated within the last 30 seconds",
          });
          expect(await names(home)).toEqual(["coming", "entered", "stands"]);
          await writeFile(join(live, String(process.pid)), "in entered\nleft entered\n");
        } finally {
          user.kill();
          await user.exited;
        }
        await coming?.usedAt(Date.now() - HOUR);
        expect(Object.keys((await sweep(home, words)).go).sort()).toEqual(["coming", "entered", "stands"]);
        expect(entered && existsSync(entered.prefix)).toBe(false);
      });

      it("takes what was never made to the end, unless a living operation makes it", async () => {
        await using home = await tempHome({ mode });
        for (const name of ["half", "shell-1-0a", "making", "making.old"]) await makeHalf(home, name);
        await leaseFor(home, join(home.root, ".envs/writable/making"), await identity(process.pid));
        expect(await sweep(home, words)).toEqual({
          go: { half: "unfinished or replaced", "shell-1-0a": "unfinished or replaced" },
          kept: { making: "it is being made", "making.old": "it is being made" },
        });
        expect(await names(home)).toEqual(["making", "making.old"]);
      });
    });
  }
});

it("a starting daemon takes both, with the engine that a dead one left", async () => {
  await using home = await tempHome();
  await buildSmall(home, "a", "1.0", { env: { SW_NO_DAEMON: "1" } });
  await makeWritable(home, "named");
  await makeWritable(home, "orphan", GONE);
  const half = await makeHalf(home, "shell-1-0a");
  await leaseFor(home, half, GONE);
  // An engine in a group of its own, named like ours.
  const uv = join(home.dir, "uv");
  await Bun.write(uv, Bun.file(Bun.which("tail") ?? "/usr/bin/tail"));
  await home.exec(["chmod", "+x", uv]);
  await writeFile(join(half, "log"), "");
  const engine = Bun.spawn([uv, "-f", join(half, "log")], { detached: true, stdout: "ignore" });
  await home.run(["runtime", "list"]);
  await engine.exited;
  for (let tries = 0; tries < 300 && (await names(home)).length > 1; tries++) await Bun.sleep(50);
  expect(await names(home)).toEqual(["named"]);
});

// Waits for ever where the prefix is half made.
const UV = `#!/bin/sh
case " $* " in *" pip "*) echo >"$HOME/waits"; exec sleep 60;; esac
exec "$REAL_UV" "$@"
`;

it(
  "what a daemon was making for a shell when it was killed goes when the next one starts",
  async () => {
    await using home = await tempHome();
    await buildRuntime(home, "demo", { prepare: "no" });
    const env = { REAL_UV: await uvProgram(home), SWCLI_UV: await home.write("uv-wrapper", UV, 0o755) };
    const client = startChild([SWCLI_BIN, "runtime", "run", "--writable", "demo", "--", "true"], {
      cwd: home.dir,
      env: { ...home.env, ...env },
    });
    for (let tries = 0; tries < 600 && !existsSync(`${home.dir}/waits`); tries++) await Bun.sleep(50);
    const [half = ""] = await names(home);
    expect((await sweep(home, SWEEPS.gc)).kept).toEqual({ [half]: "it is being made" });
    process.kill((await home.run(["daemon", "status", "-o", "json"])).json.pid, "SIGKILL");
    expect(await client.exited).not.toBe(0);
    await home.run(["runtime", "list"]);
    for (let tries = 0; tries < 600 && (await names(home)).length > 0; tries++) await Bun.sleep(50);
    expect([half, await names(home)]).toEqual([expect.stringMatching(/^shell-/), []]);
  },
  MINUTES,
);
