import { expect, test } from "bun:test";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../../../..");

/** A program that prints `bytes` through the sink and says on stderr how that went, behind a shell line. */
async function shell(line: string, bytes: number) {
  const program = `
    import { stdoutSink } from "#cli/output/sink.ts";
    const sink = stdoutSink();
    sink.write("begin\\n");
    sink.write("x".repeat(${bytes}) + "\\n");
    sink.write("end\\n");
    try { await sink.drain(); } catch (e) { console.error(e.code); process.exit(1); }
    process.exit(0);
  `;
  const child = Bun.spawn(["bash", "-c", line.replace("PROGRAM", '"$BUN" -e "$CODE"')], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, BUN: process.execPath, CODE: program },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  await child.exited;
  return { stdout, stderr };
}

test("1 MB into a slow reader arrives whole and in order", async () => {
  const { stdout } = await shell("PROGRAM | (sleep 1; cat)", 1 << 20);
  expect(stdout.length).toBe((1 << 20) + "begin\n\nend\n".length);
  expect(stdout).toStartWith("begin\nxxx");
  expect(stdout).toEndWith("xxx\nend\n");
});

test("a reader that has seen enough is no error", async () => {
  const { stdout, stderr } = await shell("PROGRAM | head -n 1", 1 << 20);
  expect({ stdout, stderr }).toEqual({ stdout: "begin\n", stderr: "" });
});

test("a closed stdout is no error", async () => {
  expect((await shell("PROGRAM >&-", 10)).stderr).toBe("");
});

test("a full disk is an error, not a silent loss", async () => {
  expect((await shell("PROGRAM > /dev/full", 10)).stderr).toBe("DISK_FULL\n");
});

test("percent signs and colours on stderr are written as they are", async () => {
  const text = "100%s %d %% %o \u001b[31mred\u001b[39m";
  const program = `import { writeStderr } from "#cli/output/sink.ts"; writeStderr(process.env.TEXT + "\\n"); writeStderr(process.env.TEXT);`;
  const env = { PATH: process.env.PATH, TEXT: text };
  const child = Bun.spawn([process.execPath, "-e", program], { cwd: ROOT, env, stdout: "ignore", stderr: "pipe" });
  expect(await child.stderr.text()).toBe(`${text}\n${text}`);
});
