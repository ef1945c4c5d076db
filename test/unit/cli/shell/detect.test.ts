import { expect, test } from "bun:test";
import { chmod, copyFile, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { detectShell } from "#cli/shell/detect.ts";
import { needsLinux, needsProgram, testWith } from "../../../helpers/needs.ts";

/** A process that waits, as the parent would. */
function waiting(argv: string[]): Disposable & { pid: number } {
  const child = Bun.spawn(argv, { stdin: "pipe", stdout: "ignore", stderr: "ignore" });
  return { pid: child.pid, [Symbol.dispose]: () => child.kill("SIGKILL") };
}

for (const [program, kind] of [
  ["bash", "bash"],
  ["zsh", "zsh"],
  ["fish", "fish"],
  ["dash", "sh"],
] as const) {
  testWith(needsProgram(program))(
    `a parent ${program} is recognized by its program, whatever $SHELL says`,
    async () => {
      // fish reads no commands from the kind of pipe that Bun makes.
      using parent = waiting(program === "fish" ? ["fish", "-c", "read line"] : [program]);
      await Bun.sleep(30);
      const found = detectShell({ SHELL: "/no/such" }, parent.pid);
      expect(found.kind).toBe(kind);
      expect(found.path).toEndWith(`/${program}`);
    },
  );
}

testWith(needsProgram("zsh"))("a login shell, whose name starts with a dash, is recognized", async () => {
  using parent = waiting(["bash", "-c", "exec -a -zsh zsh"]);
  await Bun.sleep(50);
  expect(detectShell({}, parent.pid).kind).toBe("zsh");
});

test("a parent that is no shell gives $SHELL, and one without $SHELL gives /bin/sh", () => {
  using parent = waiting(["sleep", "100"]);
  expect(detectShell({ SHELL: "/bin/bash" }, parent.pid)).toEqual({ kind: "bash", path: "/bin/bash" });
  expect(detectShell({}, parent.pid)).toEqual({ kind: "sh", path: "/bin/sh" });
});

test("a $SHELL that is gone, can't be activated or is no shell gives /bin/sh", () => {
  using parent = waiting(["sleep", "100"]);
  for (const SHELL of ["", "/no/such/bash", "/bin/tcsh", "/usr/sbin/nologin", "/bin/true"]) {
    expect(detectShell({ SHELL }, parent.pid)).toEqual({ kind: "sh", path: "/bin/sh" });
  }
});

test("a parent that has gone gives $SHELL", () => {
  expect(detectShell({ SHELL: "/bin/bash" }, 2 ** 22 - 1).path).toBe("/bin/bash");
});

testWith(needsProgram("dash"), needsLinux())(
  "a shell whose file was replaced by an upgrade is started from where the new one is",
  async () => {
    const dir = await mkdtemp(`${tmpdir()}/swrt-detect-`);
    try {
      await copyFile("/bin/dash", `${dir}/dash`);
      await chmod(`${dir}/dash`, 0o755);
      using parent = waiting([`${dir}/dash`]);
      await Bun.sleep(30);
      await rm(`${dir}/dash`);
      await symlink("/bin/dash", `${dir}/dash`);
      expect(detectShell({}, parent.pid)).toEqual({ kind: "sh", path: `${dir}/dash` });
    } finally {
      await rm(dir, { recursive: true });
    }
  },
);
