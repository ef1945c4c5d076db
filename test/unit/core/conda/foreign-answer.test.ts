/** The texts are what the programs really said: micromamba 2.8.1 and 1.5.12, conda 26.7 with its classic solver. */
import { expect, test } from "bun:test";
import { linkedSpecs, refusalOf, type Said } from "#core/conda/foreign-answer.ts";
import { EngineRefusal } from "#core/engines/rattler-worker.ts";

const said = (exitCode: number, stdout: unknown, stderr = ""): Said => ({
  exitCode,
  stdout: typeof stdout === "string" ? stdout : JSON.stringify(stdout),
  stderr,
});

const refused = (answer: Said, solver = "micromamba") => {
  const error = refusalOf(solver, answer);
  return { kind: error instanceof EngineRefusal ? error.kind : "none", message: error.message };
};

test("a package is taken by its hash where the answer has one: another channel may have the same build", () => {
  const zlib = { name: "zlib", version: "1.3", build_string: "h1_0", sha256: "ab".repeat(32), md5: "cd".repeat(16) };
  const old = { name: "six", version: "1.16", build: "py_0", md5: "cd".repeat(16) };
  const bare = { name: "tk", version: "8", build_string: "x_1" };
  expect(linkedSpecs(said(0, { success: true, actions: { LINK: [zlib, old, bare] } }))).toEqual([
    `zlib=1.3=h1_0[sha256=${"ab".repeat(32)}]`,
    `six=1.16=py_0[md5=${"cd".repeat(16)}]`,
    "tk=8=x_1",
  ]);
});

test("what links nothing, or fails, has no solution", () => {
  expect(linkedSpecs(said(0, { success: true, actions: {} }))).toBeUndefined();
  expect(linkedSpecs(said(0, "Looking for: ['six']\n"))).toBeUndefined();
  expect(linkedSpecs(said(1, { actions: { LINK: [{ name: "a", version: "1" }] } }))).toBeUndefined();
});

test("of libmamba's words for what can't be solved the tree of reasons is shown", () => {
  const tree = `error    libmamba Could not solve for environment specs
    The following package could not be installed
    └─ nosuchthing =* * does not exist (perhaps a typo or a missing channel).
critical libmamba Could not solve for environment specs
`;
  expect(refused(said(1, { solver_problems: ["unsupported request"], success: false }, tree))).toEqual({
    kind: "unsolvable",
    message:
      "The following package could not be installed\n└─ nosuchthing =* * does not exist (perhaps a typo or a missing channel).",
  });
  const poor = said(1, { solver_problems: ["nothing provides requested nosuchthing"], success: false });
  expect(refused(poor)).toEqual({ kind: "unsolvable", message: "nothing provides requested nosuchthing" });
  const first = said(1, "Encountered problems while solving:\n└─ conflict is not installable because it requires\n");
  expect(refused(first, "mamba")).toMatchObject({ kind: "unsolvable", message: expect.stringContaining("conflict") });
});

test("conda's exceptions say what can't be solved", () => {
  const message = "The following specifications were found to be incompatible with your system:\n\n  - a -> __cuda";
  for (const exception_name of ["UnsatisfiableError", "PackagesNotFoundInChannelsError", "LibMambaUnsatisfiableError"])
    expect(refused(said(1, { exception_name, message, error: "x" }), "conda")).toEqual({ kind: "unsolvable", message });
});

test("a channel that can't be reached is that, with the innermost reason", () => {
  const mamba = `critical libmamba Multiple errors occurred:
    Download error (7) Couldn't connect to server [http://127.0.0.1:9/x/noarch/repodata.json]
    Failed to connect to 127.0.0.1 port 9 after 75 ms: Couldn't connect to server
    Subdir http://127.0.0.1:9/x/noarch not loaded!
    If you run into this error repeatedly, your package cache may be corrupted.
    Please try running \`mamba clean -a\` to remove this cache before retrying the operation.
    
    If you still are having issues, please report the error
`;
  expect(refused(said(1, "", mamba))).toEqual({
    kind: "unreachable",
    message:
      "Download error (7) Couldn't connect to server [http://127.0.0.1:9/x/noarch/repodata.json]\nFailed to connect to 127.0.0.1 port 9 after 75 ms: Couldn't connect to server",
  });
  const conda = {
    exception_name: "CondaHTTPError",
    message: "HTTP 000 CONNECTION FAILED for url <http://h/x>\nElapsed: -\n\nAn HTTP error",
  };
  expect(refused(said(1, conda), "conda")).toEqual({
    kind: "unreachable",
    message: "HTTP 000 CONNECTION FAILED for url <http://h/x>",
  });
});

test("its own failure is told with its name, and of a long log the end", () => {
  const trace = `${"info     libmamba Compute configurable\n".repeat(300)}critical libmamba Trying to get unset CLI value of 'x'\n`;
  expect(refused(said(1, "", trace))).toEqual({
    kind: "none",
    message: "micromamba could not solve (exit code 1):\nTrying to get unset CLI value of 'x'",
  });
  const python = refused(said(1, "", `${"Traceback\n".repeat(400)}ImportError: no such thing`), "conda");
  expect(python.message).toEndWith("ImportError: no such thing");
  expect(python.message.length).toBeLessThan(2100);
  expect(refused(said(1, "", "error    libmamba Failed: http://me:pw@host/t/TOKEN/x")).message).not.toMatch(/pw|TOKEN/);
});
