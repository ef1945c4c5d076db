import { expect, test } from "bun:test";
import { procStat, wholeShell } from "#core/platform/proc-stat.ts";
import { needsLinux, testWith } from "../../../helpers/needs.ts";

const it = testWith(needsLinux());

it("a process tells its parent, its group and when it began; one that is not there nothing", () => {
  const own = procStat(process.pid);
  expect(own).toMatchObject({ parent: process.ppid, isDead: false, isCopy: false });
  expect(own?.started).toMatch(/^\d+$/);
  expect(procStat(1 << 22)).toBeUndefined();
});

it("a program whose name holds a parenthesis and blanks is read all the same", async () => {
  const child = Bun.spawn(["bash", "-c", 'printf "a) R 7 (" >/proc/self/comm; echo; read -r line'], {
    stdin: "pipe",
    stdout: "pipe",
  });
  await child.stdout.getReader().read();
  expect(procStat(child.pid)).toMatchObject({ parent: process.pid, isCopy: false });
  child.kill();
  await child.exited;
});

/** The pid that a part of a script sees as its own, and that of the shell. */
async function pidsIn(script: string): Promise<{ part: number; shell: number; end: () => Promise<void> }> {
  const child = Bun.spawn(["bash", "-c", `${script}; true`], { stdin: "pipe", stdout: "pipe" });
  const { value } = await child.stdout.getReader().read();
  const end = async () => {
    child.stdin.end();
    await child.exited;
  };
  return { part: Number(new TextDecoder().decode(value).trim()), shell: child.pid, end };
}

for (const [what, script] of Object.entries({
  "a sub-shell": '( echo "$BASHPID"; read -r line )',
  "a sub-shell in a sub-shell": '( ( echo "$BASHPID"; read -r line ); true )',
  "a part of a pipeline": '{ echo "$BASHPID"; read -r line; } | cat',
})) {
  it(`${what} belongs to its shell`, async () => {
    const { part, shell, end } = await pidsIn(script);
    expect(part).not.toBe(shell);
    expect(wholeShell(part)).toBe(shell);
    await end();
  });
}

it("a shell that a shell has started is one of its own", async () => {
  const { part, end } = await pidsIn("bash -c 'echo $$; read -r line'");
  expect(wholeShell(part)).toBe(part);
  await end();
});

test("where nothing is known of a process it stands for itself", () => {
  expect(wholeShell(1 << 22)).toBe(1 << 22);
});
