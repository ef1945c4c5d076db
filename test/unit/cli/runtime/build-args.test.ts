import { expect, test } from "bun:test";
import { defaultGlobals } from "#cli/arg-def.ts";
import { parseArgs } from "#cli/args.ts";
import { buildSourceParams, emitArgs, environmentArgs, sourceArgs, yamlOnlyArgs } from "#cli/runtime/build-args.ts";
import { SwError } from "#core/errors.ts";

const defs = { ...sourceArgs, ...environmentArgs, ...emitArgs, ...yamlOnlyArgs };
const read = (line: string) => buildSourceParams(parseArgs(defs, line.split(" ").filter(Boolean), defaultGlobals()));

function refusal(line: string): string {
  try {
    read(line);
  } catch (e) {
    if (e instanceof SwError && e.exitCode === 2) return e.message;
    throw e;
  }
  return "accepted";
}

test.each([
  ["-c a -v b", "--conda and --venv exclude each other"],
  ["-y r.yaml -d img", "--yaml and --docker exclude each other"],
  ["-s -cp /x", "--conda-prefix and --shell exclude each other"],
  ["--cuda 11.3", "--cuda is for conda, venv and shell mode, this is yaml mode"],
  ["-d img --arch amd64", "--arch is for conda, venv and shell mode, this is docker mode"],
  ["-v x -del", "--disable-env-lock is for yaml mode, this is venv mode"],
  ["-s -nc", "--no-cache is for yaml mode, this is shell mode"],
  ["-ie", "--include-editable is for conda, venv and shell mode, this is yaml mode"],
  ["-v x --cudnn 8", "--cudnn 8 needs --cuda"],
  ["-v x --cuda 11.7 --cudnn 8", "--cudnn 8 does not go with --cuda 11.7"],
])("%p is refused: %p", (line, message) => {
  expect(refusal(line)).toBe(message);
});

test.each(["-v x --cuda 12.0", "-v x --cudnn 9", "-v x --arch riscv", "-v"])(
  "%p is refused with exit code 2",
  (line) => {
    expect(refusal(line)).not.toBe("accepted");
  },
);

test("each source and both spellings of the emit options arrive", () => {
  expect(read("").source).toBeUndefined();
  expect(read("-y a.yaml")).toMatchObject({ yaml: "a.yaml" });
  expect(read("-c n").source).toEqual({ kind: "conda", name: "n" });
  expect(read("-cp /p").source).toEqual({ kind: "conda-prefix", path: "/p" });
  expect(read("--shell").source).toEqual({ kind: "shell" });
  expect(read("-v /v --cuda 11.4 --cudnn 8 --arch arm64").target).toEqual({ cuda: "11.4", cudnn: "8", arch: "arm64" });
  for (const line of ["-epo -ecc", "-dpo -dcc", "--dump-pip-options --dump-condarc"])
    expect(read(line).extras).toMatchObject({ pip_options: true, condarc: true });
});
