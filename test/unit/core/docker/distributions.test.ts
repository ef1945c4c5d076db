import { expect, test } from "bun:test";
import { withInterpreter } from "#core/docker/distributions.ts";
import { PREFIX } from "#core/docker/image-layout.ts";

test("scripts get the image's interpreter in both forms that installers write, others stay", () => {
  const own = `#!${PREFIX}/bin/python\nprint(1)\n`;
  expect(withInterpreter("#!/tmp/env/bin/python\nprint(1)\n", "/tmp/env")).toBe(own);
  expect(withInterpreter("#!/tmp/env/bin/python3 -E\nx", "/tmp/env")).toBe(`#!${PREFIX}/bin/python\nx`);
  const polyglot = `#!/bin/sh\n'''exec' '/tmp/long env/bin/python' "$0" "$@"\n' '''\nprint(1)\n`;
  expect(withInterpreter(polyglot, "/tmp/long env")).toBe(own);
  expect(withInterpreter("#!/bin/sh\necho /tmp/env\n", "/tmp/env")).toBeUndefined();
  expect(withInterpreter("#!/usr/bin/python3\n", "/tmp/env")).toBeUndefined();
});
