import { expect, test } from "bun:test";
import { stderrReport } from "#cli/output/report.ts";

function report({
  columns = 20,
  ...options
}: {
  isTty?: boolean;
  quiet?: boolean;
  verbose?: number;
  columns?: number;
} = {}) {
  const seen = { text: "" };
  const write = (text: string) => {
    seen.text += text;
  };
  const stderr = stderrReport({ isTty: false, quiet: false, verbose: 0, columns: () => columns, ...options, write });
  return { stderr, seen };
}

test("without a terminal each step is one line, however often it moves", () => {
  const { stderr, seen } = report();
  for (let done = 0; done < 5; done++) stderr.progress({ step: "install", text: "installing", done, total: 5 });
  stderr.progress({ step: "files", text: "copying files" });
  expect(seen.text).toBe("installing\ncopying files\n");
});

test("on a terminal the step is one line that is taken away at the end", () => {
  const { stderr, seen } = report({ isTty: true });
  stderr.progress({ step: "install", text: "installing", done: 1, total: 5 });
  stderr.progress({ step: "install", text: "installing", done: 2, total: 5 });
  stderr.warn("slow index");
  stderr.clear();
  expect(seen.text).not.toContain("installing 1/5\n");
  expect(seen.text).toContain("\r\u001b[Kwarning: slow index\ninstalling 2/5");
  expect(seen.text).toEndWith("\r\u001b[K");
});

test("bytes on their way show sizes, the rate and the time that is left", () => {
  const { stderr, seen } = report({ isTty: true, columns: 80 });
  const MIB = 1024 * 1024;
  const line = { step: "upload", text: "Sending demo", unit: "bytes" as const };
  stderr.progress({ ...line, done: 5 * MIB, total: 100 * MIB, rate: 2 * MIB, leftSeconds: 95 });
  expect(seen.text).toBe("Sending demo 5.00MiB/100.00MiB 2.00MiB/s 1m35s left");
  stderr.clear();
  stderr.progress({ ...line, done: MIB, rate: MIB });
  expect(seen.text).toEndWith("Sending demo 1.00MiB 1.00MiB/s");
});

test("a progress line never wraps and never steers the terminal", () => {
  const { stderr, seen } = report({ isTty: true });
  stderr.progress({ step: "x", text: `a\u001b[2J\n${"b".repeat(50)}` });
  expect(seen.text).toStartWith("a\\x1b[2J\\n");
  expect(seen.text.length).toBeLessThan(20);
});

test("-q leaves warnings; details come with -v", () => {
  const quiet = report({ quiet: true });
  quiet.stderr.progress({ step: "x", text: "step" });
  quiet.stderr.log("detail");
  quiet.stderr.warn("careful");
  expect(quiet.seen.text).toBe("warning: careful\n");
  const normal = report();
  normal.stderr.log("detail");
  expect(normal.seen.text).toBe("");
  const verbose = report({ verbose: 1 });
  verbose.stderr.log("detail");
  expect(verbose.seen.text).toBe("detail\n");
});
