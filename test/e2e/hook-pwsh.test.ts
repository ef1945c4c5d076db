/**
 * The hook for PowerShell, as text: no PowerShell is to be had where these tests run. What it asks the binary for, which
 * functions it defines, that a path can't end its string, and that it is PowerShell to a parser of its grammar.
 */
import { expect, test } from "bun:test";
import { pwshHook } from "#core/env/activation/hook-pwsh.ts";
import { bothModes, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { buildRuntime, MINUTES } from "./activated.ts";

bothModes((mode) => {
  test(
    "what it asks for is the plan as JSON, of a shared and of a private environment",
    async () => {
      await using home = await tempHome({ mode });
      await buildRuntime(home, "demo");
      const hook = await home.run(["shell", "init", "pwsh"]);
      expect(hook.stdout).toContain(`return '${SWCLI_BIN}'`);
      expect(hook.stdout).toContain("@('shell', 'enter', '--shell', 'pwsh', '--pid', \"$PID\")");
      const ask = ["shell", "enter", "--shell", "pwsh", "--pid", String(process.pid)];
      const plan = JSON.parse((await home.run([...ask, "demo"])).stdout);
      expect(plan).toMatchObject({ name: "demo", mode: "venv", unset: ["PYTHONHOME"] });
      expect(plan.path).toEqual([`${plan.set.VIRTUAL_ENV}/bin`]);
      const own = JSON.parse((await home.run([...ask, "--writable=mine", "demo"])).stdout);
      expect(own.prefix).toEndWith("/writable/mine");
      const cd = await home.run(["shell", "init", "pwsh", "--cd"]);
      expect(cd.exitCode).toBe(2);
    },
    MINUTES,
  );
});

test("a job that it started is told of at its next prompt, after the person's own one, and children learn nothing", () => {
  const text = pwshHook({ swcli: "/s", root: "/it's", cd: false });
  expect(text).toContain(`$env:SWCLI_SHELL = "$PID"\ntry {`);
  expect(text).toContain("} finally { Remove-Item -LiteralPath env:SWCLI_SHELL -ErrorAction Ignore }");
  expect(text).toContain("else { '/it''s' }");
  expect(text).toContain('"$root/.store/v1/jobs/notes/$PID"');
  expect(text).toContain("{ $text = & $global:_SWRT_PROMPT; _swrt_note $true; $text }");
});

test("only functions of ours stay in the shell, and braces and quotes are closed", () => {
  const text = pwshHook({ swcli: "/it's/a ‘path’/swcli", root: "/r", cd: false });
  const names = [...text.matchAll(/^function global:([\w-]+)/gm)].map(([, name]) => name);
  expect(names.filter((name) => name !== "swcli" && !name?.startsWith("_swrt_"))).toEqual([]);
  // A quote inside is doubled, also those that PowerShell takes for one.
  expect(text).toContain("'/it''s/a ‘‘path’’/swcli'");
  const bare = text.replace(/'(?:[^']|'')*'|"(?:[^"`]|`.)*"/g, "");
  for (const [open, close] of ["{}", "()", "[]"]) {
    expect(bare.split(open!).length).toBe(bare.split(close!).length);
  }
});

const GRAMMAR = `name: grammar
environment:
  python: 3.11
dependencies:
  - pip:
      - tree-sitter==0.26.1
      - tree-sitter-powershell==0.26.4
`;

/** Prints where a script on stdin is none to the grammar of PowerShell. */
const PARSE = `import sys, tree_sitter, tree_sitter_powershell
parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
def wrong(node):
    if node.is_error or node.is_missing: print(node.start_point.row + 1, node.text.decode())
    for child in node.children: wrong(child)
wrong(parser.parse(sys.stdin.buffer.read()).root_node)
`;

test(
  "the grammar of PowerShell finds nothing wrong in it",
  async () => {
    await using home = await tempHome();
    const dir = await home.project({ "runtime.yaml": GRAMMAR });
    const built = await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir });
    if (built.exitCode !== 0) throw new Error(built.stderr);
    const wrongIn = async (stdin: string) => {
      const ran = await home.run(["runtime", "run", "grammar", "--", "python", "-c", PARSE], { stdin });
      return [ran.exitCode, ran.stdout];
    };
    const { stdout: hook } = await home.run(["shell", "init", "pwsh"]);
    expect(await wrongIn(hook)).toEqual([0, ""]);
    const odd = pwshHook({ swcli: "/it's/a ‘path’/$(x)/swcli", root: '/r`"', cd: false });
    expect(await wrongIn(odd)).toEqual([0, ""]);
    expect((await wrongIn(hook.replace("{", "")))[1]).not.toBe("");
  },
  2 * MINUTES,
);
