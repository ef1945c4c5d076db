/** Children as they are: shells with children of their own, that talk too much, that don't want to end. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { run, scrubEnv, startService } from "#core/platform/proc.ts";
import { storeHome } from "../store/store-home.ts";

const ctx = { env: process.env, cwd: tmpdir(), signal: new AbortController().signal };
const sh = (script: string, ...args: string[]) => ["sh", "-c", script, "sh", ...args];

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

async function written(path: string): Promise<number> {
  while (!existsSync(path) || readFileSync(path, "utf8").trim() === "") await Bun.sleep(2);
  return Number(readFileSync(path, "utf8"));
}

async function gone(pid: number): Promise<boolean> {
  for (let i = 0; i < 500 && alive(pid); i++) await Bun.sleep(10);
  return !alive(pid);
}

test("words, exit code and both streams come back; a failure is a result", async () => {
  const ran = await run(ctx, sh('cat; echo "$1" >&2; exit 3', "a b $HOME 'c'"), { stdin: "typed" });
  expect(ran).toEqual({ exitCode: 3, stdout: "typed", stderr: "a b $HOME 'c'\n" });
});

test("without input there is nothing to read, instead of the person's terminal", async () => {
  expect((await run(ctx, sh("cat; pwd"), { cwd: "/" })).stdout).toBe("/\n");
});

test("a program that is not there, not executable, or no program has a name", async () => {
  await using home = await storeHome();
  const plain = await home.write("plain", "");
  for (const program of ["/nonesuch/uv", "no-such-program-here", plain, `${plain}/uv`]) {
    await expect(run(ctx, [program])).rejects.toMatchObject({ code: "ENGINE_MISSING" });
  }
});

test("a program starts although the folder of who asked has gone", async () => {
  expect((await run({ ...ctx, cwd: "/nowhere/any/more" }, sh("pwd"))).stdout).toBe("/\n");
});

test("lines come as they are said, whatever ends them and however they are cut", async () => {
  const lines: string[] = [];
  const script = "printf 'a\\r\\nb\\rha'; sleep 0.05; printf 'lf \\303'; sleep 0.05; printf '\\274\\n\\nend'";
  await run(ctx, sh(`{ ${script}; } >&2; echo out`), { onLine: (line) => lines.push(line) });
  expect(lines).toEqual(["a", "b", "half ü", "end"]);
  const both: string[] = [];
  await run(ctx, sh("echo out"), { onLine: (line) => both.push(line), lines: "both" });
  expect(both).toEqual(["out"]);
});

test("a child that says 80 MB is drained to its end; its first and its last words are kept", async () => {
  const flood = "head -c 40000000 /dev/zero | tr '\\0' x";
  const { exitCode, stdout, stderr } = await run(ctx, sh(`echo first; ${flood}; echo last; { ${flood}; } >&2; exit 7`));
  expect(exitCode).toBe(7);
  expect(stdout.length).toBeLessThan(17 * 1024 * 1024);
  expect(stderr.length).toBeLessThan(17 * 1024 * 1024);
  expect(stdout.startsWith("first\nxxx")).toBe(true);
  expect(stdout.endsWith("xxxlast\n")).toBe(true);
  expect(stdout).toContain("characters left out");
});

test("output under the cap is whole", async () => {
  const { stdout } = await run(ctx, sh("head -c 16000000 /dev/zero | tr '\\0' x"));
  expect(stdout).toBe("x".repeat(16_000_000));
});

test("cancelled: the child's children end as well, also one that has let go of the output and won't hear", async () => {
  await using home = await storeHome();
  const [deaf, talker] = [`${home.dir}/deaf`, `${home.dir}/talker`];
  const controller = new AbortController();
  const stubborn = "trap '' TERM; echo $$ > \"$1\"; while :; do sleep 1; done";
  const script = `sh -c "$0" sh "$1" >/dev/null 2>&1 & (echo $PPID > /dev/null; sleep 300) & echo $! > "$2"; wait`;
  const argv = ["sh", "-c", script, stubborn, deaf, talker];
  const ran = run({ ...ctx, signal: controller.signal }, argv);
  const pids = [await written(deaf), await written(talker)];
  controller.abort();
  await expect(ran).rejects.toMatchObject({ code: "CANCELLED" });
  expect(await Promise.all(pids.map(gone))).toEqual([true, true]);
});

test("a child that does not want to end is ended firmly", async () => {
  await using home = await storeHome();
  const controller = new AbortController();
  const argv = sh("trap '' TERM; echo $$ > \"$1\"; while :; do sleep 1; done", `${home.dir}/pid`);
  const ran = run({ ...ctx, signal: controller.signal }, argv);
  const pid = await written(`${home.dir}/pid`);
  controller.abort();
  await expect(ran).rejects.toMatchObject({ code: "CANCELLED" });
  expect(await gone(pid)).toBe(true);
});

test("a child that exceeds its time is ended with all that it left behind", async () => {
  await using home = await storeHome();
  const script = '(trap \'\' TERM; echo 1 > "$1.set"; exec sleep 300) >/dev/null 2>&1 & echo $! > "$1"; exec sleep 300';
  const ran = await run(ctx, sh(script, `${home.dir}/pid`), { deadlineMs: 1500 });
  expect(ran.exitCode).not.toBe(0);
  expect(await gone(await written(`${home.dir}/pid`))).toBe(true);
});

test("what is cancelled before it begins starts nothing", async () => {
  await using home = await storeHome();
  const ran = run({ ...ctx, signal: AbortSignal.abort() }, ["touch", `${home.dir}/started`]);
  await expect(ran).rejects.toMatchObject({ code: "CANCELLED" });
  expect(existsSync(`${home.dir}/started`)).toBe(false);
});

test("variables that change Bun programs don't reach a child, all others do", async () => {
  const env = { ...process.env, BUN_OPTIONS: "--x", NODE_OPTIONS: "--y", KEPT: "z", NONE: undefined };
  const { stdout } = await run({ ...ctx, env }, ["env"]);
  const names = stdout.split("\n").map((line) => line.split("=")[0]);
  expect(names.filter((name) => /^(BUN_|NODE_OPTIONS|NONE)/.test(name ?? ""))).toEqual([]);
  expect(stdout).toContain("KEPT=z\n");
  expect(scrubEnv({ BUN_X: "1", A: "2", B: undefined })).toEqual({ A: "2" });
});

test("a service answers line by line, tells its last words and is killed with its children", async () => {
  await using home = await storeHome();
  const { promise: answered, resolve: onLine } = Promise.withResolvers<string>();
  const script = 'sleep 300 & echo $! > "$1"; echo ready >&2; read line; echo "got $line"; wait';
  const service = startService(ctx, sh(script, `${home.dir}/pid`), { env: process.env, onLine });
  service.send("word");
  expect(await answered).toBe("got word");
  const pid = await written(`${home.dir}/pid`);
  service.kill();
  await service.exited;
  expect(await gone(pid)).toBe(true);
  expect(service.lastWords()).toBe("ready\n");
});
