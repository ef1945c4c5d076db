import { expect, test } from "bun:test";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectToml } from "#core/lock/project.ts";

const base = {
  pythonMinor: "3.9",
  platforms: ["linux-x86_64"],
  requirements: [],
  constraints: [],
  overrides: [],
  wheels: [],
};
const at = { file: "r.txt", line: 1 };

test("the project is TOML that says what was asked, whatever stands in the texts", () => {
  const text = `six ; platform_version == "\\u00e9'\\"`;
  const line = { text, name: "six", hashes: [], kind: "named" as const, at };
  const toml = projectToml({ ...base, requirements: [line], constraints: [{ ...line, text: "six<2" }] });
  expect(Bun.TOML.parse(toml)).toMatchObject({
    project: { "requires-python": "==3.9.*", dependencies: [text] },
    tool: {
      uv: {
        package: false,
        environments: ["sys_platform == 'linux' and platform_machine == 'x86_64'"],
        "required-environments": ["sys_platform == 'linux' and platform_machine == 'x86_64'"],
        "constraint-dependencies": ["six<2"],
      },
    },
  });
});

test("wheels are file URLs by name, with blanks and odd characters escaped", async () => {
  const dir = await mkdtemp(join(tmpdir(), "sw project;#"));
  expect(projectToml({ ...base, wheels: [`${dir}/My_Tool-1.0-py3-none-any.whl`] })).toMatch(
    /"my-tool @ file:\/\/\/\S+sw%20project(;|%3B)%23\S+"/,
  );
});

test("a file that is not named as a wheel is refused", () => {
  expect(() => projectToml({ ...base, wheels: ["/x/tool.whl"] })).toThrow(
    expect.objectContaining({ code: "MANIFEST_DEPENDENCY" }),
  );
});
