import { expect, test } from "bun:test";
import { parse } from "yaml";
import { pipLines, renderCondaLock } from "#core/lock/conda-lock-text.ts";

test("the lock is what conda env update reads: channels, exact packages, pip as the last dependency", () => {
  const lock = { name: "demo", channels: ["https://c.example/lab", "conda-forge"], packages: ["a=1.0=0", "b=2=py_0"] };
  const text = renderCondaLock({ ...lock, pip: ["six==1.16.0", "x @ https://h/x.whl"] });
  expect(text).toBe(`channels:
- https://c.example/lab
- conda-forge
dependencies:
- a=1.0=0
- b=2=py_0
- pip:
  - six==1.16.0
  - x @ https://h/x.whl
name: demo
`);
});

test("without pip packages there is no pip part, which conda would take for a wish", () => {
  const text = renderCondaLock({ name: "demo", channels: [], packages: ["a=1=0"], pip: [] });
  expect(text).not.toContain("pip");
  expect(parse(text)).toEqual({ channels: [], dependencies: ["a=1=0"], name: "demo" });
});

test("a name that older readers of yaml take for something else stays a name, and long lines are not folded", () => {
  const long = `x @ https://h/${"x".repeat(100)} ; python_version >= '3' and sys_platform == 'linux'`;
  const text = renderCondaLock({ name: "no", channels: [], packages: [], pip: [long] });
  expect(text).toContain("name: 'no'");
  expect(text).toContain(`- ${long}\n`);
});

test("a lock file's requirements come without hashes, comments and folds", () => {
  const text = `# made by uv
six==1.16.0 ; python_version >= '3' \\\r
    --hash=sha256:aa \\\r
    --hash=sha256:bb\r
    # via demo

own @ https://h/own.whl \\
    --hash=sha256:cc
`;
  expect(pipLines(text)).toEqual(["six==1.16.0 ; python_version >= '3'", "own @ https://h/own.whl"]);
});
