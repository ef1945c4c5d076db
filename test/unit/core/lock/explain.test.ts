import { expect, test } from "bun:test";
import { type ExplainInput, explainFailure } from "#core/lock/explain.ts";
import { PROJECT_NAME } from "#core/lock/project.ts";
import type { RequirementLine } from "#core/lock/requirements.ts";

const line = (text: string, at: number): RequirementLine => ({
  text,
  name: text.replace(/[^a-z-].*$/, ""),
  hashes: [],
  kind: "named",
  at: { file: "requirements.txt", line: at, column: 1 },
});

const input = (...texts: string[]): ExplainInput => ({
  python: { minor: "3.9" },
  wheels: ["/x/my_tool-1.0-py3-none-any.whl"],
  requirements: {
    requirements: texts.map((text, index) => line(text, index + 1)),
    constraints: [],
    files: [],
    warnings: [],
    index: {
      extraIndexUrls: [],
      findLinks: [],
      trustedHosts: [],
      noIndex: false,
      pre: false,
      noBinary: [],
      onlyBinary: [],
    },
  },
});

const X86 = "platform_machine == 'x86_64' and sys_platform == 'linux'";
const ARM = "platform_machine == 'aarch64' and sys_platform == 'linux'";
const unsolved = (cause: string, ...hints: string[]) =>
  [
    `Using CPython 3.9.18 interpreter at: /x`,
    `error: No solution found when resolving dependencies for split (markers: ${X86})`,
    `  cause: ${cause}`,
    "",
    ...hints,
  ].join("\n");

test("uv's words about its project become words about the requirements", () => {
  const error = explainFailure(
    unsolved(
      `Because flask==2.0.0 depends on werkzeug>=2.0 and your project depends on flask==2.0.0, we can conclude that your project depends on werkzeug>=2.0.\n         And because ${PROJECT_NAME} depends on werkzeug<1, we can conclude that your project's requirements are unsatisfiable.`,
      "hint: Consider `tool.uv.environments`.",
    ),
    input("click", "flask==2.0.0", "werkzeug<1"),
  );
  expect(error.message.split("\n")).toEqual([
    "the requirements can't be met together for Python 3.9 on linux-x86_64",
    "Because flask==2.0.0 depends on werkzeug>=2.0 and you require flask==2.0.0, we can conclude that you require werkzeug>=2.0.",
    "And because your requirements depends on werkzeug<1: that can't be met.",
    "  requirements.txt:2:1: flask==2.0.0",
    "  requirements.txt:3:1: werkzeug<1",
  ]);
  expect([error.code, error.exitCode, error.hint]).toEqual([
    "LOCK_UNSOLVABLE",
    1,
    "Loosen or remove one of the conditions.",
  ]);
  expect(error.detail).toMatchObject({ platform: "linux-x86_64", file: "requirements.txt", line: 2 });
});

test("the package without wheels for a platform is the one to blame", () => {
  const error = explainFailure(
    unsolved(
      `Because only onnx-gpu==1.16.3 is available and onnx-gpu==1.16.3 has no \`${ARM}\`-compatible wheels, we can conclude that your project's requirements are unsatisfiable.`,
    ),
    input("six", "onnx-gpu"),
  );
  expect(error.detail?.package).toBe("onnx-gpu==1.16.3");
  expect(error.message).toContain("has no linux-aarch64-compatible wheels");
});

test("a name that is only a part of another is not called involved", () => {
  const error = explainFailure(
    unsolved(
      "Because torch-audio==9 was not found in the package registry and your project depends on torch-audio==9, x.",
    ),
    input("torch", "audio", "torch-audio==9"),
  );
  expect(error.message.match(/requirements\.txt:\d/g)).toEqual(["requirements.txt:3"]);
});

test("a local wheel that is involved is named", () => {
  const error = explainFailure(
    unsolved("Because my-tool==1.0 depends on six<1 and your project depends on six>1, x."),
    input("six>1"),
  );
  expect(error.message).toContain("wheels: my_tool-1.0-py3-none-any.whl");
});

test("a long explanation is cut", () => {
  const cause = Array.from({ length: 200 }, (_, index) => `         And because p${index} depends on q`).join("\n");
  const error = explainFailure(unsolved(`Because a.\n${cause}`), input("six"));
  expect(error.message.split("\n").length).toBeLessThan(25);
});

test("refused credentials are no matter of versions", () => {
  const error = explainFailure(
    unsolved(
      "Because six was not found in the package registry and your project depends on six, x.",
      "hint: An index URL (http://me:s3cret@e.invalid/simple) could not be queried due to a lack of valid authentication credentials (401 Unauthorized)",
    ),
    input("six"),
  );
  expect(error.code).toBe("LOCK_FAILED");
  expect(error.message).toContain("e.invalid");
  expect(error.message).not.toContain("s3cret");
});

test("a failed request names package, host and reason", () => {
  const stderr = [
    "error: Request failed after 3 retries in 11.9s",
    "  cause: Failed to fetch: https://me:s3cret@e.invalid/simple/six/",
    "  cause: error sending request for url (https://me:s3cret@e.invalid/simple/six/)",
    "  cause: failed to lookup address information: Name or service not known",
  ];
  const error = explainFailure(stderr.join("\n"), input("click", "six"));
  expect(error.message.split("\n")).toEqual([
    "can't get six from e.invalid: failed to lookup address information: Name or service not known",
    "https://me:***@e.invalid/simple/six/",
    "  requirements.txt:2:1: six",
  ]);
  expect(error.hint).toContain("network");
});

test("a source that can't be fetched is no source that can't be built", () => {
  const url = "https://e.invalid/foo.tar.gz";
  const failed = (what: string) =>
    explainFailure(
      `error: Failed to download and build \`foo @ ${url}\`\n  cause: Failed to fetch: \`${what}\`\n  cause: HTTP status client error (404 Not Found) for url (${what})`,
      input(`foo @ ${url}`),
    ).message.split("\n")[0];
  expect(failed(url)).toBe("can't get foo from e.invalid: HTTP status client error (404 Not Found)");
  expect(failed("https://e.invalid/simple/setuptools/")).toContain("can't build foo");
});

test("a missing branch is told apart from a host out of reach and from missing rights", () => {
  const git = (fatal: string) =>
    explainFailure(
      `error: Failed to download and build \`foo @ git+https://g.invalid/a/foo.git@v1\`\n  cause: Git operation failed\n  cause: failed to clone into: /c\n  cause: process didn't exit successfully: \`/usr/bin/git fetch\` (exit status: 128)\n         --- stderr\n         ${fatal}`,
      input("foo @ git+https://g.invalid/a/foo.git@v1"),
    );
  expect(git("fatal: couldn't find remote ref refs/tags/v1").hint).toContain("after the @");
  expect(git("fatal: unable to access 'https://g.invalid/': Could not resolve host: g.invalid").hint).toContain(
    "can reach g.invalid",
  );
  expect(git("fatal: could not read Username for 'https://g.invalid': terminal prompts disabled").hint).toContain(
    "git ls-remote",
  );
  expect(git("fatal: x").message).toStartWith(
    "can't get the repository of foo @ git+https://g.invalid/a/foo.git@v1 from g.invalid",
  );
});

test("a build that fails shows the backend's last words", () => {
  const stderr =
    "error: Failed to build `bad==1.0`\n  cause: The build backend returned an error\n  cause: Call to `x` failed (exit status: 1)\n\n         [stderr]\n         no compiler here\n";
  const error = explainFailure(stderr, input("bad==1.0"));
  expect(error.message).toContain("no compiler here");
  expect(error.detail?.package).toBe("bad");
});

test("a requirement that uv can't read is shown at its line", () => {
  const error = explainFailure('  GIVEN VALUE:\n   "six ; os_name"\n', input("click", "six ; os_name"));
  expect([error.code, error.message.split("\n")[0]]).toEqual([
    "MANIFEST_REQUIREMENT",
    "requirements.txt:2:1: this is not a requirement",
  ]);
});
