import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { bothModes, tempHome } from "./home.ts";

test("a process that leaves its session does not outlive its home", async () => {
  let top = "";
  let pid = 0;
  {
    await using home = await tempHome();
    top = home.dir;
    const started = await home.exec(["sh", "-c", "setsid sleep 300 >/dev/null 2>&1 & echo $!"]);
    pid = Number(started.stdout);
    expect(await home.processes()).toHaveLength(1);
  }
  expect(existsSync(top)).toBe(false);
  expect(existsSync(`/proc/${pid}/environ`) && (await Bun.file(`/proc/${pid}/cmdline`).text()) !== "").toBe(false);
});

test("a program that does not end fails the test that waits for it", async () => {
  await using home = await tempHome();
  await expect(home.exec(["sleep", "60"], { timeoutMs: 100 })).rejects.toThrow("not at its end after 100 ms");
});

test("said() waits for a line and tells what was said instead", async () => {
  await using home = await tempHome();
  const script = await home.write("s.sh", "#!/bin/sh\nread line\necho got $line\nexit 3\n", 0o755);
  const ended = await home.exec([script], { stdin: "word\n" });
  expect(ended).toMatchObject({ exitCode: 3, stdout: "got word\n", stderr: "" });
  await expect(home.exec([script], { stdin: "{}" }).then((ran) => ran.json)).rejects.toThrow("not one JSON document");
});

bothModes((mode) => {
  test("the environment says which mode it is and nothing of the developer's", async () => {
    process.env.SW_TEST_LEAK = "1";
    await using home = await tempHome({ mode, env: { EXTRA: "x", LANG: undefined } });
    delete process.env.SW_TEST_LEAK;
    const env = (await home.exec(["env"])).stdout.split("\n");
    expect(env.includes("SW_NO_DAEMON=1")).toBe(mode === "in-process");
    expect(env).toContain("EXTRA=x");
    expect(env.filter((line) => /^(LANG|SW_TEST_LEAK)=/.test(line))).toEqual([]);
    expect(env).toContain(`HOME=${home.dir}`);
  });
});
