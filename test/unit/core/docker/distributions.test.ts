import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readDistributions, withInterpreter } from "#core/docker/distributions.ts";
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

/** What uv leaves of a package with a header, a script and a name that needs quotes, by whichever Python. */
async function installedWith(minor: string): Promise<string> {
  const prefix = await mkdtemp(join(tmpdir(), "swcli-scratch-"));
  const site = `lib/python${minor}/site-packages`;
  const header = `include/site/python${minor}/tiny/tiny.h`;
  const record = [
    "../../../bin/tiny,sha256=x,1",
    `../../../${header},sha256=abc,2`,
    '"tiny/a,b.py",sha256=abc,2',
    "tiny-1.dist-info/RECORD,,",
  ];
  await Bun.write(join(prefix, "bin/tiny"), `#!${prefix}/bin/python\nprint(1)\n`);
  await Bun.write(join(prefix, header), "h\n");
  await Bun.write(join(prefix, site, "tiny/a,b.py"), "1\n");
  await Bun.write(join(prefix, site, "tiny-1.dist-info/RECORD"), `${record.join("\n")}\n`);
  return prefix;
}

test("a package is the same in the image whichever Python the builder has", async () => {
  const made = await Promise.all(
    ["3.10", "3.11"].map(async (minor) => {
      const prefix = await installedWith(minor);
      const [tiny] = await readDistributions({ prefix, minor }, "3.10");
      const members = (tiny?.entries ?? []).map(async ({ path, open }) => {
        const content = open ? Buffer.concat(await Array.fromAsync(open())).toString() : "";
        return `${path}: ${content}`;
      });
      const all = await Promise.all(members);
      await rm(prefix, { recursive: true });
      return all;
    }),
  );
  expect(made[1]).toEqual(made[0]);
  const record = made[0]?.find((text) => text.includes("dist-info/RECORD"));
  expect(record).toContain("../../../include/site/python3.10/tiny/tiny.h,sha256=abc,2");
  expect(record).toContain('"tiny/a,b.py",sha256=abc,2');
});
