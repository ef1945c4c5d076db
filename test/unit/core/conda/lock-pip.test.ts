import { expect, test } from "bun:test";
import { pipLines } from "#core/conda/lock-pip.ts";
import type { PinnedPip } from "#core/manifest/conda-lock-input.ts";

const [A, B] = ["a".repeat(64), "b".repeat(64)];
const six = (version: string, sha256?: string): PinnedPip => ({
  requirement: `six==${version}`,
  ...(sha256 && { sha256 }),
});
const lines = (pip: Record<string, PinnedPip[]>, more: string[] = []) =>
  pipLines({ pip, platforms: Object.fromEntries([...Object.keys(pip), ...more].map((subdir) => [subdir, []])) });

test("what is the same for all platforms has no marker, and all of their hashes", () => {
  expect(lines({ "linux-64": [six("1", B)], "linux-aarch64": [six("1", A)] })).toEqual([
    `six==1 --hash=sha256:${A} --hash=sha256:${B}`,
  ]);
  expect(lines({ "linux-64": [six("1")] })).toEqual(["six==1"]);
});

test("what differs stands under the marker of its platform, and Windows' packages are left out", () => {
  const windows = [six("0.9"), { requirement: "pywin32==306" }];
  expect(lines({ "linux-64": [six("1", A)], "linux-aarch64": [six("2")], "win-64": windows })).toEqual([
    `six==1 ; (sys_platform == 'linux' and platform_machine == 'x86_64') --hash=sha256:${A}`,
    "six==2 ; (sys_platform == 'linux' and platform_machine == 'aarch64')",
  ]);
});

test("what only some of the platforms have is for those, also where the others have nothing of pip", () => {
  const [line] = lines({ "linux-64": [six("1")], "osx-arm64": [six("1")] }, ["linux-aarch64"]);
  expect(line).toBe(
    "six==1 ; (sys_platform == 'darwin' and platform_machine == 'arm64') or (sys_platform == 'linux' and platform_machine == 'x86_64')",
  );
});
