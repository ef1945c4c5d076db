/** What pip's command lines become for uv. */
import { expect, test } from "bun:test";
import { pipWords } from "#core/ops/pip-words.ts";

const said = (line: string) => pipWords(line.split(" ").filter(Boolean));

test("options that only say how pip should behave are left out, with their values", () => {
  const line = "--no-input --progress-bar off install --root-user-action=ignore -y --no-warn-script-location six";
  expect(said(line)).toEqual({ verb: "install", args: ["six"], env: {}, help: false, version: false });
  expect(said("freeze --all -l").args).toEqual([]);
  expect(said("list --local --disable-pip-version-check").args).toEqual([]);
});

test("the value of an option before the command is not taken for the command", () => {
  for (const option of ["--cert /a.pem", "--cache-dir /c", "--trusted-host h", "--keyring-provider disabled"])
    expect(said(`${option} list`)).toMatchObject({ verb: "list", args: option.split(" ") });
  expect(said("--timeout 5 list")).toMatchObject({ verb: "list", args: [] });
});

test("what uv reads from its environment goes there", () => {
  expect(said("--timeout 5 --retries=2 install --proxy http://p six")).toMatchObject({
    args: ["six"],
    env: { UV_HTTP_TIMEOUT: "5", UV_HTTP_RETRIES: "2", HTTPS_PROXY: "http://p" },
  });
});

test("what both have stays, and what uv calls otherwise is renamed", () => {
  const line = "install -r a.txt -c b.txt -U --no-deps --target=/t -e . --index-url https://i -- --odd";
  expect(said(line).args.join(" ")).toBe(line.slice("install ".length));
  expect(said("list -o --format json").args).toEqual(["--outdated", "--format", "json"]);
  expect(said("install -I six").args).toEqual(["--force-reinstall", "six"]);
});

test("what only a real pip can do is refused by its name", () => {
  for (const line of [
    "list --not-required",
    "list -u",
    "install --user six",
    "--python /p list",
    "install --root /r x",
  ])
    expect(() => said(line)).toThrow(line.split(" ").find((word) => word.startsWith("--")) ?? "--uptodate");
});

test("help and version are known wherever pip knows them", () => {
  for (const line of ["", "--help", "-h", "help"]) expect(said(line)).toMatchObject({ verb: "", version: false });
  for (const line of ["help install", "install --help", "-h install"])
    expect(said(line)).toMatchObject({ verb: "install", help: true });
  for (const line of ["--version", "-V"]) expect(said(line).version).toBe(true);
  expect(said("install --version").version).toBe(false);
});
