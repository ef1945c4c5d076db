import { expect, test } from "bun:test";
import { mkdir, mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { shellFolder } from "#cli/shell/shell-folder.ts";

test("a link is kept as the shell spells it; a PWD that tells of another folder, or of none, is not believed", async () => {
  const dir = await realpath(await mkdtemp(`${tmpdir()}/swcli-pwd-`));
  try {
    await mkdir(`${dir}/real`);
    await symlink("real", `${dir}/link`);
    expect(shellFolder({ PWD: `${dir}/link` }, `${dir}/real`)).toBe(`${dir}/link`);
    for (const PWD of [dir, `${dir}/gone`, ".", "", undefined]) {
      expect(shellFolder({ PWD }, `${dir}/real`)).toBe(`${dir}/real`);
    }
  } finally {
    await rm(dir, { recursive: true });
  }
});
