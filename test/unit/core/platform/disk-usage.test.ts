import { expect, test } from "bun:test";
import { link, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diskUsage, linkedUsage } from "#core/platform/disk-usage.ts";

test("a file counts once however many links it has, and is freed only with its last one", async () => {
  const top = await mkdtemp(join(tmpdir(), "sw-usage-"));
  try {
    const [inside, outside] = [join(top, "in"), join(top, "out")];
    await mkdir(join(inside, "deep"), { recursive: true });
    await mkdir(outside);
    const block = "x".repeat(8192);
    await writeFile(join(inside, "own"), block);
    await link(join(inside, "own"), join(inside, "deep/same"));
    await writeFile(join(outside, "shared"), block);
    await link(join(outside, "shared"), join(inside, "shared"));
    await symlink(outside, join(inside, "elsewhere"));
    expect(await diskUsage(inside)).toEqual({ bytes: 16384, own: 8192 });
    const { own, shared } = await linkedUsage(inside);
    expect([own, [...shared.values()]]).toEqual([8192, [8192]]);
    expect((await linkedUsage(outside)).shared).toEqual(shared);
    expect(await diskUsage(join(top, "nothing"))).toEqual({ bytes: 0, own: 0 });
  } finally {
    await rm(top, { recursive: true });
  }
});
