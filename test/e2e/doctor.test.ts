/** A damaged store says what is damaged and who needs it, and gets back what this machine still has. */
import { expect, test } from "bun:test";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { GOLDENS, golden, leaveGoldens } from "./golden.ts";

const [, FULL] = GOLDENS;
const store = (home: Home) => join(home.root, ".store/v1");

bothModes((mode) => {
  test("a sound store is said to be sound, with what was looked at", async () => {
    await using home = await tempHome({ mode });
    await imported(home);
    const report = await home.run(["-o", "json", "doctor", "--store"]);
    expect(report).toMatchObject({ exitCode: 0, json: { ok: true, problems: [], format: 1 } });
    expect(report.json.checked).toMatchObject({ names: 1, versions: 1, contents: 8 });
    expect((await home.run(["fsck"])).stdout).toContain("nothing is wrong");
  }, 30_000);

  test("a flipped bit is found, named with the runtime and file, set aside, and mended by importing again", async () => {
    await using home = await tempHome({ mode });
    await imported(home);
    const sha256 = await flip(home, "files/scripts/prepare.sh");
    const report = await home.run(["-o", "json", "doctor", "--store"]);
    expect(report).toMatchObject({ exitCode: 1, json: { ok: false } });
    const [problem, ...more] = report.json.problems;
    expect(more).toEqual([]);
    expect(problem).toMatchObject({ kind: "content", what: `sha256:${sha256}`, done: "quarantined" });
    expect(problem.problem).toContain("files/scripts/prepare.sh");
    expect(problem.used_by).toEqual([`local/project/self/runtime/Demo-Full/version/${FULL.id}`]);
    expect(await readdir(join(store(home), "quarantine"))).toHaveLength(1);
    const extract = await home.run(["-o", "json", "runtime", "extract", "Demo-Full", "--target-dir", "out"]);
    expect(extract).toMatchObject({ exitCode: 1, json: { error: { code: "STORE_DAMAGED" } } });
    expect((await home.run(["runtime", "import", "-f", golden(FULL.folder, `${FULL.id}.swrt`)])).exitCode).toBe(0);
    expect((await home.run(["doctor", "--store"])).exitCode).toBe(0);
    expect((await home.run(["runtime", "extract", "Demo-Full", "--target-dir", "out"])).exitCode).toBe(0);
  }, 30_000);

  test("what an extracted runtime still holds comes back from there", async () => {
    await using home = await tempHome({ mode });
    await imported(home);
    expect((await home.run(["runtime", "extract", "Demo-Full"])).exitCode).toBe(0);
    await flip(home, "files/scripts/prepare.sh");
    await rm(await blob(home, "runtime.yaml"), { force: true });
    const report = await home.run(["-o", "json", "doctor", "--store"]);
    expect(report).toMatchObject({ exitCode: 0, json: { ok: true } });
    expect(report.json.problems.map((one: { done: string }) => one.done)).toEqual(["restored", "restored"]);
    expect((await home.run(["-o", "json", "doctor", "--store"])).json.problems).toEqual([]);
  }, 30_000);

  test("what the Python client's file holds comes back from there: contents and the version itself", async () => {
    await using home = await tempHome({ mode });
    await leaveGoldens(home.root);
    expect((await home.run(["runtime", "extract", "Demo-Full", "--target-dir", "out"])).exitCode).toBe(0);
    await flip(home, "wheels/dummy-0.0.0-py3-none-any.whl");
    expect((await home.run(["-o", "json", "doctor", "--store"])).json).toMatchObject({ ok: true });
    await writeFile(treePath(home), "{");
    expect((await home.run(["-o", "json", "doctor", "--store"])).json).toMatchObject({
      ok: true,
      problems: [{ kind: "version", what: FULL.id, done: "restored" }],
    });
    expect((await home.run(["runtime", "info", "Demo-Full"])).exitCode).toBe(0);
  }, 30_000);

  test("an unreadable file of names is set aside and its versions and tags are found again", async () => {
    await using home = await tempHome({ mode });
    await imported(home);
    expect((await home.run(["runtime", "tag", "Demo-Full", "good"])).exitCode).toBe(0);
    const ref = join(store(home), "refs/self/Demo-Full.json");
    await writeFile(ref, `${await readFile(ref, "utf8")}}`);
    expect((await home.run(["runtime", "list"])).exitCode).toBe(1);
    const report = await home.run(["-o", "json", "doctor", "--store"]);
    expect(report.json).toMatchObject({ ok: true, problems: [{ kind: "name", what: "self/Demo-Full" }] });
    const listed = await home.run(["-o", "json", "runtime", "list"]);
    expect(listed.json).toMatchObject([{ version: FULL.id, tags: ["latest", "v0", "good"] }]);
  }, 30_000);

  test("a store of a newer format is refused by queries and operations, also by a running daemon", async () => {
    await using home = await tempHome({ mode });
    await imported(home);
    expect(await readFile(join(store(home), "format"), "utf8")).toBe("1\n");
    await writeFile(join(store(home), "format"), "2\n");
    for (const args of [
      ["runtime", "list"],
      ["runtime", "info", "Demo-Full"],
      ["doctor", "--store"],
      ["runtime", "build"],
    ]) {
      const result = await home.run(["-o", "json", ...args]);
      expect(result).toMatchObject({ exitCode: 1, json: { error: { code: "FORMAT_TOO_NEW" } } });
    }
  }, 30_000);
});

test("doctor without options says what swcli works with", async () => {
  await using home = await tempHome({ mode: "in-process" });
  const report = await home.run(["-o", "json", "doctor"]);
  expect(report).toMatchObject({ exitCode: 0, json: { ok: true } });
  expect(report.json.checks.map((one: { name: string }) => one.name)).toEqual(
    expect.arrayContaining(["store", "uv", "python"]),
  );
}, 60_000);

async function imported(home: Home): Promise<void> {
  const result = await home.run(["runtime", "import", golden(FULL.folder, `${FULL.id}.swrt`)]);
  expect(result.exitCode).toBe(0);
}

const treePath = (home: Home) => join(store(home), "trees", FULL.id.slice(0, 2), `${FULL.id}.json`);

async function blob(home: Home, member: string): Promise<string> {
  const tree = JSON.parse(await readFile(treePath(home), "utf8"));
  const { sha256 } = tree.entries.find((entry: { path: string }) => entry.path === member);
  return join(store(home), "blobs/sha256", sha256.slice(0, 2), sha256);
}

async function flip(home: Home, member: string): Promise<string> {
  const path = await blob(home, member);
  const bytes = await readFile(path);
  bytes[0] = bytes[0]! ^ 1;
  await mkdir(store(home), { recursive: true });
  await chmod(path, 0o644);
  await writeFile(path, bytes);
  await chmod(path, 0o444);
  return path.slice(path.lastIndexOf("/") + 1);
}
