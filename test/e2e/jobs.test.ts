/** Work in the background: a prompt that is free at once, logs that outlive the daemon, restarts, cancelling. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { testWith } from "../helpers/needs.ts";
import { pushTinyBase } from "../servers/base-image.ts";
import { type RegistryServer, registryMissing, startRegistry } from "../servers/registry.ts";
import { type Gate, openGate } from "../servers/registry-gate.ts";
import { buildForImage } from "./image-runtime.ts";
import { daemonPid, imageJobs, jobInfo as info, killDaemon, untilState } from "./job-state.ts";

const missing = await registryMissing();
const testImage = testWith(missing);
const SLOW = 60_000;

let registry: RegistryServer;
let base: string;

beforeAll(async () => {
  if (missing) return;
  registry = await startRegistry();
  base = await pushTinyBase(registry.host);
}, SLOW);

afterAll(async () => await registry?.[Symbol.asyncDispose]());

/** Starts a dockerize as a job; `gate` may make it slow. @returns its id */
async function detach(home: Home, tag: string, gate?: Gate): Promise<string> {
  const from = gate ? base.replace(registry.host, gate.host) : base;
  const image = `${registry.host}/jobs/${tag}:1`;
  const args = ["-q", "runtime", "dockerize", "demo", "-t", image, "--base-image", from, "--push", "--detach"];
  const ran = await home.run(args);
  if (ran.exitCode !== 0) throw new Error(ran.stderr);
  expect(ran.stdout).toMatch(/^[0-9a-f]{12}\n$/);
  return ran.stdout.trim();
}

testImage(
  "--detach prints the id alone and at once; wait, logs and info tell of it afterwards",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const id = await detach(home, "plain");
    // The prompt is free while the work goes on; how soon is measured in scripts/bench.
    expect(["queued", "running"]).toContain((await info(home, id)).state);
    expect((await home.run(["job", "wait", id])).exitCode).toBe(0);
    const job = await info(home, id);
    expect(job).toMatchObject({ state: "done", title: "dockerize demo", interruptions: 0, error: null });
    expect(job.result).toMatchObject({ engine: "direct", pushed: true });
    const logs = await home.run(["job", "logs", id.slice(0, 6)]);
    expect(logs.stdout).toContain("job running");
    expect(logs.stdout).toContain("Engine direct");
    expect(logs.stdout.trimEnd()).toEndWith("job done");
  },
  SLOW,
);

testImage(
  "logs stay when the daemon has gone, also without any daemon",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const id = await detach(home, "stay");
    await home.run(["job", "wait", id]);
    const before = await home.run(["job", "logs", id]);
    await home.run(["daemon", "stop"]);
    const after = await home.run(["--no-daemon", "job", "logs", id]);
    expect(after.stdout).toBe(before.stdout);
    expect(await imageJobs(home, "--no-daemon")).toMatchObject([{ id, state: "done" }]);
  },
  SLOW,
);

testImage(
  "a job that fails has its error, and wait ends with its exit code",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const args = [
      "-t",
      `${registry.host}/a:1`,
      "--base-image",
      `${registry.host}/no/such:1`,
      "--push",
      "--engine",
      "direct",
    ];
    const id = (await home.run(["-q", "runtime", "dockerize", "demo", ...args, "--detach"])).stdout.trim();
    const waited = await home.run(["job", "wait", id]);
    expect(waited.exitCode).toBe(1);
    expect(waited.stderr).toContain("no base image");
    expect(await info(home, id)).toMatchObject({ state: "failed", error: { code: "IMAGE_FAILED" } });
  },
  SLOW,
);

testImage(
  "a daemon that is killed in the middle: the next one marks the job, starts it again, and it ends well",
  async () => {
    await using gate = openGate(registry, { downloadDelayMs: 1500 });
    await using home = await tempHome();
    await buildForImage(home);
    const id = await detach(home, "killed", gate);
    await untilState(home, id, "running");
    await killDaemon(home);
    expect(await imageJobs(home, "--no-daemon")).toMatchObject([{ id, state: "interrupted" }]);
    const [row] = await imageJobs(home);
    expect(row?.id).toBe(id);
    expect((await home.run(["job", "wait", id])).exitCode).toBe(0);
    expect(await info(home, id)).toMatchObject({ state: "done", interruptions: 1 });
    const logs = await home.run(["job", "logs", id]);
    expect(logs.stdout).toContain("started again (1 of 2)");
  },
  SLOW,
);

testImage(
  "the same command after the daemon's death joins the job that was started again",
  async () => {
    await using gate = openGate(registry, { downloadDelayMs: 1500 });
    await using home = await tempHome();
    await buildForImage(home);
    const id = await detach(home, "repeated", gate);
    await untilState(home, id, "running");
    await killDaemon(home);
    expect(await detach(home, "repeated", gate)).toBe(id);
    expect((await home.run(["job", "wait", id])).exitCode).toBe(0);
    expect(await imageJobs(home)).toHaveLength(1);
  },
  SLOW,
);

testImage(
  "a job makes the version that was the newest when it was asked for, and the same command asks for a newer one",
  async () => {
    await using gate = openGate(registry, { downloadDelayMs: 1500 });
    await using home = await tempHome();
    const versions = [(await buildForImage(home)).version];
    await detach(home, "before", gate);
    const ids = [await detach(home, "newest", gate)];
    expect(await detach(home, "newest", gate)).toBe(ids[0] ?? "");
    versions.push((await buildForImage(home, { greeting: "newer" })).version);
    ids.push(await detach(home, "newest", gate));
    const made: string[] = [];
    for (const id of ids) {
      await home.run(["job", "wait", id]);
      made.push((await info(home, id)).result.version);
    }
    expect(made).toEqual(versions);
  },
  SLOW,
);

testImage(
  "a job is started again twice and no more",
  async () => {
    await using gate = openGate(registry, { downloadDelayMs: 10_000 });
    await using home = await tempHome();
    await buildForImage(home);
    const id = await detach(home, "thrice", gate);
    for (const wanted of [0, 1, 2]) {
      await untilState(home, id, "running");
      expect((await info(home, id)).interruptions).toBe(wanted);
      await killDaemon(home);
    }
    await untilState(home, id, "interrupted");
    expect((await home.run(["job", "wait", id])).exitCode).toBe(1);
  },
  SLOW,
);

testImage(
  "cancel ends the work and what it started, and nothing is published",
  async () => {
    await using gate = openGate(registry, { downloadDelayMs: 10_000 });
    await using home = await tempHome();
    await buildForImage(home);
    const id = await detach(home, "cancelled", gate);
    await untilState(home, id, "running");
    const cancelled = await home.run(["-o", "json", "job", "cancel", id]);
    expect(cancelled.json).toMatchObject({ id, state: "cancelled" });
    expect((await home.run(["job", "wait", id])).exitCode).toBe(130);
    expect(await home.processes()).toEqual([await daemonPid(home)]);
    expect((await fetch(`http://${registry.host}/v2/jobs/cancelled/tags/list`)).status).toBe(404);
  },
  SLOW,
);

/** A docker whose build starts a process that is deaf to SIGTERM, and says in which group they are. */
const stubbornDocker = (group: string) => `#!/bin/sh
case "$1 $2" in
"version --format") echo 28.0.0 ;;
"buildx version") echo github.com/docker/buildx v0.20.1 ;;
"buildx inspect") echo "Driver: docker-container" ;;
"buildx build")
  trap "" TERM
  (trap "" TERM; exec sleep 600) &
  ps -o pgid= -p $$ | tr -d " " > ${group}.new && mv ${group}.new ${group}
  wait
  ;;
esac
`;

testImage(
  "cancel ends the whole process group of an engine that does not listen",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const file = join(home.dir, "group");
    await home.write("bin/docker", stubbornDocker(file), 0o755);
    const args = ["-t", `${registry.host}/jobs/deaf:1`, "--base-image", base, "--push", "--engine", "buildx"];
    const started = await home.run(["-q", "runtime", "dockerize", "demo", ...args, "--detach"], {
      env: { PATH: `${home.dir}/bin:${home.env.PATH}` },
    });
    const id = started.stdout.trim();
    await until(async () => await Bun.file(file).exists());
    const group = Number(await Bun.file(file).text());
    expect(await groupMembers(group)).toHaveLength(2);
    expect((await home.run(["-o", "json", "job", "cancel", id])).json).toMatchObject({ id, state: "cancelled" });
    expect(await groupMembers(group)).toEqual([]);
    expect(await home.processes()).toEqual([await daemonPid(home)]);
  },
  SLOW,
);

/** The living processes of a group. */
async function groupMembers(group: number): Promise<string[]> {
  const listed = await Bun.$`ps -eo pgid=,stat=,pid=`.text();
  const rows = listed.split("\n").map((line) => line.trim().split(/\s+/));
  return rows.flatMap(([of, state, pid]) => (Number(of) === group && !state?.startsWith("Z") ? [pid ?? ""] : []));
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await holds()) return;
    await Bun.sleep(25);
  }
  throw new Error("it does not become so");
}

testImage(
  "what can only fail is refused before a job exists, watched or not",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const wrong: [string[], number, string][] = [
      [["demo", "--push"], 2, "name the image with -t"],
      [["demo", "-t", "a:1", "--push", "--to", "oci-layout=x"], 2, "exclude each other"],
      [["demo", "-t", "a:1", "--platform", "riscv64"], 2, "riscv64"],
      [["nobody", "-t", "a:1"], 3, "nobody"],
    ];
    for (const [args, exitCode, words] of wrong) {
      for (const detach of [[], ["--detach"]]) {
        const ran = await home.run(["runtime", "dockerize", ...args, ...detach]);
        expect(ran.stderr).toContain(words);
        expect(ran.exitCode).toBe(exitCode);
      }
    }
    expect(await imageJobs(home)).toEqual([]);
  },
  SLOW,
);

testImage(
  "the first Ctrl-C cancels the job that is watched, and stays until nothing of it runs any more",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const file = join(home.dir, "group");
    await home.write("bin/docker", stubbornDocker(file), 0o755);
    const args = ["-t", `${registry.host}/jobs/c:1`, "--base-image", base, "--push", "--engine", "buildx"];
    const child = home.spawn(["runtime", "dockerize", "demo", ...args], {
      env: { PATH: `${home.dir}/bin:${home.env.PATH}` },
    });
    await until(async () => await Bun.file(file).exists());
    child.kill("SIGINT");
    const { exitCode, stderr } = await child.result();
    expect(await groupMembers(Number(await Bun.file(file).text()))).toEqual([]);
    expect(await imageJobs(home)).toMatchObject([{ state: "cancelled" }]);
    expect(exitCode).toBe(130);
    expect(stderr).toContain("Cancelling; Ctrl-C once more leaves at once");
  },
  SLOW,
);

testImage(
  "the second Ctrl-C leaves at once, whether or not anybody answers",
  async () => {
    await using gate = openGate(registry, { downloadDelayMs: 10_000 });
    await using home = await tempHome();
    await buildForImage(home);
    const from = base.replace(registry.host, gate.host);
    const args = ["-t", `${registry.host}/jobs/cc:1`, "--base-image", from, "--push"];
    const child = home.spawn(["runtime", "dockerize", "demo", ...args]);
    await child.said("Reading the base image");
    const pid = await daemonPid(home);
    process.kill(pid, "SIGSTOP");
    child.kill("SIGINT");
    await child.said("Cancelling");
    child.kill("SIGINT");
    const { exitCode, stderr } = await child.result();
    process.kill(pid, "SIGCONT");
    expect(exitCode).toBe(130);
    expect(stderr).not.toContain("has not ended yet");
    await untilState(home, (await imageJobs(home))[0]?.id ?? "", "cancelled");
  },
  SLOW,
);

testImage(
  "one image at a time: the second job waits for its slot",
  async () => {
    await using gate = openGate(registry, { downloadDelayMs: 2000 });
    await using home = await tempHome();
    await buildForImage(home);
    const first = await detach(home, "first", gate);
    await untilState(home, first, "running");
    const second = await detach(home, "second", gate);
    expect(second).not.toBe(first);
    expect((await info(home, second)).state).toBe("queued");
    for (const id of [first, second]) expect((await home.run(["job", "wait", id])).exitCode).toBe(0);
    const [late, early] = [await info(home, second), await info(home, first)];
    expect(Date.parse(late.started_at)).toBeGreaterThanOrEqual(Date.parse(early.ended_at));
  },
  SLOW,
);

testImage(
  "swcli.slots.image of the config lets two images be made at a time",
  async () => {
    await using gate = openGate(registry, { downloadDelayMs: 10_000 });
    await using home = await tempHome();
    await buildForImage(home);
    const config = (await home.run(["config", "path"])).stdout.trim();
    await home.write(config, "version: '2.0'\nswcli: { slots: { image: 2 } }\n");
    const ids = [await detach(home, "slot-a", gate), await detach(home, "slot-b", gate)];
    for (const id of ids) await untilState(home, id, "running");
    const third = await detach(home, "slot-c", gate);
    await until(async () =>
      (await home.run(["job", "logs", third])).stdout.includes("Waiting for another image build"),
    );
    expect(await Promise.all([...ids, third].map(async (id) => (await info(home, id)).state))).toEqual([
      "running",
      "running",
      "queued",
    ]);
  },
  SLOW,
);

testImage(
  "the same call twice is one job",
  async () => {
    await using gate = openGate(registry, { downloadDelayMs: 1000 });
    await using home = await tempHome();
    await buildForImage(home);
    const ids = await Promise.all([detach(home, "once", gate), detach(home, "once", gate)]);
    expect(new Set(ids).size).toBe(1);
  },
  SLOW,
);

testImage(
  "jobs are cancelled and removed from a shell without a daemon, too",
  async () => {
    await using gate = openGate(registry, { downloadDelayMs: 20_000 });
    await using home = await tempHome();
    await buildForImage(home);
    const id = await detach(home, "elsewhere", gate);
    const running = await home.run(["--no-daemon", "job", "remove", id]);
    expect(running).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("Cancel it first") });
    expect((await home.run(["--no-daemon", "job", "cancel", id])).exitCode).toBe(0);
    expect((await info(home, id)).state).toBe("cancelled");
    expect((await home.run(["--no-daemon", "job", "remove", "--ended"])).exitCode).toBe(0);
    expect(await imageJobs(home)).toEqual([]);
  },
  SLOW,
);

test(
  "what has no daemon has no jobs, and ids that mean nothing are not found",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const detached = await home.run(["--no-daemon", "runtime", "dockerize", "demo", "-t", "a:1", "--detach"]);
    expect(detached.exitCode).toBe(2);
    expect((await home.run(["job", "info", "ffffffffffff"])).exitCode).toBe(3);
    expect(await imageJobs(home)).toEqual([]);
    expect((await home.run(["job", "remove"])).exitCode).toBe(2);
  },
  SLOW,
);
