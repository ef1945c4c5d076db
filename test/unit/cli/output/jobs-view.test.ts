import { expect, test } from "bun:test";
import type { Out } from "#cli/output/out.ts";
import { paint } from "#cli/output/terminal.ts";
import { jobView } from "#cli/output/views/job-info.ts";
import { jobsView } from "#cli/output/views/jobs.ts";
import type { ResultOf } from "#core/protocol/methods.ts";

const out = { paint: paint(false) } as Out;

const job = (more: Partial<ResultOf<"job.info">>): ResultOf<"job.info"> => ({
  ...{ id: "0123456789ab", kind: "runtime.build", title: "build /p", state: "done", interruptions: 0, error: null },
  ...{ created_at: "2026-01-02T03:04:05.000Z", started_at: "2026-01-02T03:05:00.000Z" },
  ...{ ended_at: "2026-01-02T03:05:02.000Z", log: "/jobs/log", decided: {}, result: null },
  ...more,
});

test("a job that waits for its turn has not started", () => {
  const rows = [job({}), job({ state: "queued", started_at: null, ended_at: null })];
  const [, done, queued] = jobsView(rows, out).split("\n");
  expect(done).toEndWith("done    2026-01-02 03:05:00 UTC  2.0 s");
  expect(queued).toMatch(/queued {2}- +-$/);
});

test("one job in full says when it began and what it made", () => {
  const image = {
    ...{ name: "demo", version: "v".repeat(40), uri: "local/u" },
    ...{ dry_run: false, tags: ["reg/demo:1"], pushed: true, to: null, digest: `sha256:${"0".repeat(64)}` },
    ...{ platforms: [{ platform: "linux/amd64", digest: `sha256:${"1".repeat(64)}` }], sent_bytes: 1024 },
    ...{ base: { name: "debian:12", digest: null }, engine: "direct", reason: "nothing has to run" },
    ...{ dockerfile: null, commands: [] },
  };
  const text = jobView(job({ kind: "runtime.dockerize", title: "dockerize demo", result: image }), out);
  expect(text).toMatch(/^Started +2026-01-02 03:05:00 UTC$/m);
  expect(text).toMatch(/^Pushed +reg\/demo:1$/m);
  expect(text).toMatch(/^Digest +sha256:0{64}$/m);
  const built = {
    name: "demo",
    version: "v".repeat(40),
    tags: ["latest"],
    uri: "local/u",
    unchanged: false,
    lock: null,
  };
  expect(jobView(job({ result: built }), out)).toEndWith("built demo/version/vvvvvvvvvvvv (latest)\nlocal/u");
});

test.each(["runtime.build", "runtime.dockerize", "runtime.fly"])(
  "a result of a shape that this build does not know is left out: %s",
  (kind) => {
    expect(jobView(job({ kind, result: { newer: true } }), out)).toEndWith("Log      /jobs/log");
  },
);
