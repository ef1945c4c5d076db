import { expect, test } from "bun:test";
import { buildFailed } from "#core/env/build-error.ts";

const PROGRESS = "Using Python 3.11.7 environment at: v1\nResolved 2 packages in 3ms\n Downloaded numpy\n";

test("a full disk is DISK_FULL, however uv words it", () => {
  const failed = buildFailed(
    `${PROGRESS}warning: Failed to hardlink files\nerror: Failed to install: numpy-2.4.6.whl (numpy==2.4.6)\n  cause: failed to copy file from /a to /b: No space left on device (os error 28)\n`,
  );
  expect(failed.code).toBe("DISK_FULL");
  expect(failed.message).toStartWith("no space left for the environment:\nerror: Failed to install: numpy");
  expect(failed.message).not.toContain("hardlink");
});

test("an index that wants a login is named, with where to put it; its markers are left out", () => {
  const failed = buildFailed(
    `${PROGRESS}error: No solution found when resolving dependencies\n  cause: Because there is no version of dep{sys_platform == 'linux'}==0.5 and you require dep{sys_platform == 'linux'}==0.5, we can conclude that your requirements are unsatisfiable.\n\nhint: An index URL (http://127.0.0.1:3/simple) could not be queried due to a lack of valid authentication credentials (401 Unauthorized)\n`,
  );
  expect(failed.code).toBe("ENV_BUILD_FAILED");
  expect(failed.message).toContain("no version of dep==0.5 and you require dep==0.5,");
  expect(failed.hint).toStartWith("http://127.0.0.1:3/simple wants a login");
});

test("a refused login that uv does not mention is thought of", () => {
  const failed = buildFailed(
    "error: No solution found when resolving dependencies\n  cause: Because there is no version of dep==0.5 and you require dep==0.5\n",
  );
  expect(failed.hint).toContain("it may want a login");
});

test("a changed file is told from a bad network", () => {
  const mismatch = buildFailed(
    "error: Failed to download `dep==0.5`\n  cause: Hash mismatch for `dep==0.5`\n\n         Expected:\n           sha256:aa\n",
  );
  expect(mismatch.hint).toContain("not the one that was locked");
  expect(buildFailed("error: Failed to fetch\n  cause: operation timed out\n").hint).toContain("network");
});

test("a password in what uv says does not come through", () => {
  expect(buildFailed("error: Failed to fetch https://me:s3cret@host.test/x\n").message).not.toContain("s3cret");
});

test("what is no error of uv's form is shown as it is, not more than twelve lines of it", () => {
  const failed = buildFailed(Array.from({ length: 40 }, (_, i) => `line ${i}`).join("\n"));
  expect(failed.message.split("\n")).toHaveLength(13);
});

test("the variables that an index of the runtime wants are named instead of a guess", () => {
  const refused =
    "error: No solution found\n  cause: Because there is no version of dep==0.5 and you require dep==0.5\n";
  expect(buildFailed(refused, ["SW_PIP_INDEX_AUTH"]).hint).toStartWith("SW_PIP_INDEX_AUTH is not set");
  expect(buildFailed("error: Hash mismatch for `dep`\n", ["SW_PIP_INDEX_AUTH"]).hint).not.toContain("SW_PIP");
});
