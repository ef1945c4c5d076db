/**
 * Runs `bun test` and says the outcome in one line. Called by scripts/test.
 * Every file runs in a worker process of its own kind (`--parallel`): a file that exits or crashes is a failure, which
 * one plain `bun test` process would report as success.
 */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { endProcesses, processesIn } from "../test/helpers/processes.ts";

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const REPORT = "dist/test-report.xml";

async function main(): Promise<void> {
  mkdirSync("dist", { recursive: true });
  const paths = process.argv.slice(2).map(asPath);
  // Everything temporary goes in here, so that what a crashed test left can be found: files and processes.
  const temp = realpathSync(mkdtempSync("/tmp/swt-"));
  // Tests that run as another user go through it.
  chmodSync(temp, 0o711);
  const { output, code } = await runTests(paths.length > 0 ? paths : ["./test"], temp);
  const counts = read(output, code);
  if (counts.failed > 0) console.log(output.trim());
  const left = await cleanUp(temp);

  const skipped = await skippedNames();
  for (const name of skipped) console.log(`skipped: ${name}`);
  const strict = process.env.CI === "true";
  if (strict && counts.skipped > 0) console.log("CI=true: a test that is skipped counts as failed");
  const failed = counts.failed + (strict ? counts.skipped : 0) + (left ? 1 : 0);
  const rest = counts.skipped > 0 && !strict ? `, ${counts.skipped} skipped` : "";
  console.log(`${counts.passed} passed, ${failed} failed${rest}`);
  process.exit(failed > 0 ? 1 : 0);
}

/** `bun test a/b` is a filter on names; a leading ./ makes it a path. */
const asPath = (path: string): string => (/^\.{0,2}\//.test(path) ? path : `./${path}`);

async function runTests(paths: string[], temp: string): Promise<{ output: string; code: number }> {
  const jobs = process.env.SWCLI_TEST_JOBS ?? "2";
  const options = ["--only-failures", "--timeout=120000", "--reporter=junit", `--reporter-outfile=${REPORT}`];
  await Bun.file(REPORT)
    .delete()
    .catch(() => undefined);
  const argv = [process.execPath, "test", `--parallel=${jobs}`, ...options, ...paths];
  // One stream for both, so that what a test printed stands beside its failure.
  const child = Bun.spawn(["sh", "-c", 'exec "$@" 2>&1', "sh", ...argv], {
    stdin: "ignore",
    stdout: "pipe",
    env: { ...process.env, TMPDIR: temp, FORCE_COLOR: process.stdout.isTTY ? "1" : "0" },
  });
  const [output, code] = await Promise.all([child.stdout.text(), child.exited]);
  return { output, code };
}

/** A process that is still there after the last test is that test's fault: true, and ended. */
async function cleanUp(temp: string): Promise<boolean> {
  const until = Date.now() + 3000;
  while ((await processesIn(temp)).length > 0 && Date.now() < until) await Bun.sleep(50);
  const left = await processesIn(temp);
  for (const pid of left) {
    const command = await Bun.file(`/proc/${pid}/cmdline`)
      .text()
      .catch(() => "");
    console.log(`left running: ${pid} ${command.replaceAll("\0", " ")}`);
  }
  await endProcesses(temp);
  rmSync(temp, { recursive: true, force: true });
  return left.length > 0;
}

/** The summary's counts. No summary, or a bad exit code without a failure, is a failure. */
function read(output: string, code: number): Counts {
  const plain = output.replace(/\x1b\[[0-9;]*m/g, "");
  const count = (word: string): number => Number(new RegExp(`^ *(\\d+) ${word}s?$`, "m").exec(plain)?.[1] ?? 0);
  const whole = /^Ran \d+ tests? across \d+ files?/m.test(plain);
  const failed = Math.max(count("fail"), count("error"));
  const hidden = !whole || (code !== 0 && failed === 0);
  return { passed: count("pass"), failed: failed + (hidden ? 1 : 0), skipped: count("skip") + count("todo") };
}

async function skippedNames(): Promise<string[]> {
  const file = Bun.file(REPORT);
  const report = (await file.exists()) ? await file.text() : "";
  const cases = report.matchAll(/<testcase name="([^"]*)"[^>]*file="([^"]*)"[^>]*>\s*<skipped/g);
  return [...cases].map(([, name, path]) => `${path}: ${unescapeXml(name ?? "")}`);
}

const unescapeXml = (text: string): string =>
  text.replace(/&(quot|apos|lt|gt|amp|#10);/g, (_, name: string) => XML[name] ?? "");

const XML: Record<string, string> = { quot: '"', apos: "'", lt: "<", gt: ">", amp: "&", "#10": " " };

await main();
