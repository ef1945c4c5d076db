import { expect, test } from "bun:test";
import { type EngineWork, engineError, specName } from "#core/conda/engine-error.ts";
import { EngineRefusal } from "#core/engines/rattler-worker.ts";
import { SwError } from "#core/errors.ts";

const at = (line: number) => ({ file: "runtime.yaml", line, column: 5 });
const solve: EngineWork = {
  doing: "solve",
  platform: "linux-x86_64",
  lines: [
    { text: "python 3.11.*", at: at(2) },
    { text: "conda-forge::NumPy >=2", at: at(3) },
    { text: "numpy-base", at: at(4) },
  ],
};
const refused = (kind: string, message: string, work = solve): SwError => {
  const error = engineError(new EngineRefusal(kind, message), work);
  if (!(error instanceof SwError)) throw new Error("no SwError");
  return error;
};

test("a set that can't be solved names the lines of the yaml that the reason speaks of, and no other", () => {
  const error = refused("unsolvable", "Cannot solve the request because of: numpy >=2 needs libfoo\n└─ libfoo is gone");
  expect(error.code).toBe("LOCK_UNSOLVABLE");
  expect(error.message.split("\n")).toEqual([
    "the conda packages can't be met together for linux-x86_64",
    "numpy >=2 needs libfoo",
    "└─ libfoo is gone",
    "  runtime.yaml:3:5: conda-forge::NumPy >=2",
  ]);
  expect(error.detail).toEqual({ platform: "linux-x86_64", package: "numpy", file: "runtime.yaml", line: 3 });
  expect(error.hint).toBe("Loosen or remove one of the conditions.");
  const unknown = refused("unsolvable", "No candidates were found for numpy-base *.");
  expect(unknown.hint).toBe("Check the name, the version and the channels.");
  expect(unknown.detail).toMatchObject({ package: "numpy-base", line: 4 });
});

test("who is refused by strict priority hears of the two ways out", () => {
  const error = refused("unsolvable", "└─ numpy 9 is excluded because due to strict channel priority not using this");
  expect(error.hint).toContain("`CHANNEL::PACKAGE`, or set `channel_priority: flexible`");
});

test("a password in a line that is cited is not shown", () => {
  const lines = [{ text: "https://me:pw9@h/c::numpy", at: at(1) }];
  expect(refused("unsolvable", "numpy needs x", { ...solve, lines }).message).not.toContain("pw9");
});

test("a reason of several screens is cut", () => {
  const tree = Array.from({ length: 60 }, (_, i) => `line ${i}`).join("\n");
  const lines = refused("unsolvable", tree).message.split("\n");
  expect(lines.slice(-2)).toEqual(["line 15", "…"]);
});

test("a package that is not the one that was locked has a code of its own", () => {
  for (const message of ["hash mismatch for x", "expected sha256 aa, got bb"]) {
    expect(refused("InstallerError", message, { doing: "install", lines: [] }).code).toBe("HASH_MISMATCH");
  }
  expect(refused("HashMismatch", "no words").code).toBe("HASH_MISMATCH");
});

const CONNECT =
  "error sending request for url (https://c.example/noarch/repodata.json)\nCaused by: client error (Connect)\nCaused by: dns error";

test("a channel that can't be reached is named by its address with the innermost reason, in either kind of work", () => {
  const error = refused("GatewayError", CONNECT);
  expect(error).toMatchObject({ code: "LOCK_FAILED", detail: { url: "https://c.example/noarch/repodata.json" } });
  expect(error.message).toBe("the channel can't be reached: https://c.example/noarch/repodata.json (dns error)");
  expect(refused("InstallerError", CONNECT, { doing: "install", lines: [] })).toMatchObject({
    code: "ENV_BUILD_FAILED",
    message: error.message,
  });
  expect(refused("FetchError", "dns error: no such host").message).toStartWith("the channel can't be reached");
  const untrusted = `${CONNECT.replace("dns error", "")}invalid peer certificate: UnknownIssuer`;
  expect(refused("GatewayError", untrusted).hint).toContain("SSL_CERT_FILE");
  const status = "HTTP status server error (503 Service Unavailable) for url (https://c.example/x.conda)";
  expect(refused("FetchError", status).message).toStartWith("the channel can't be reached");
});

test("a number that only looks like a status is no broken network", () => {
  const error = refused("IoError", "failed to unpack: expected 1500 Bytes, found 1404 Bytes");
  expect(error.message).toStartWith("conda packages could not be resolved:\nfailed to unpack");
  expect(refused("IoError", "no space", { doing: "install", lines: [] })).toMatchObject({
    code: "ENV_BUILD_FAILED",
    message: "conda packages could not be installed:\nno space",
  });
});

test("a full disk and a package cache of somebody else are told with a way out", () => {
  const cache =
    "failed to acquire global cache lock\nCaused by: failed to interact with the package cache layer.\nCaused by:";
  const work: EngineWork = { doing: "install", lines: [] };
  const full = refused(
    "InstallerError",
    `${cache} failed to unpack \`x\`: No space left on device (os error 28)`,
    work,
  );
  expect(full).toMatchObject({ code: "DISK_FULL", message: expect.stringContaining("No space left") });
  const denied = refused(
    "InstallerError",
    `${cache} failed to create directory: Permission denied (os error 13)`,
    work,
  );
  expect(denied).toMatchObject({ code: "ENV_BUILD_FAILED", hint: expect.stringContaining("RATTLER_CACHE_DIR") });
  expect(refused("InstallerError", "failed to link: Permission denied (os error 13)", work).hint).toBeUndefined();
});

test("what the engine did not say comes back as it is", () => {
  const own = new Error("ours");
  expect(engineError(own, solve)).toBe(own);
});

test.each([
  ["python 3.11.*", "python"],
  ["conda-forge/linux-64::Ruamel.Yaml>=1", "ruamel.yaml"],
  ["  numpy=1.2=py_0", "numpy"],
  [">=1", ""],
])("%p is about %p", (spec, name) => {
  expect(specName(spec)).toBe(name);
});
