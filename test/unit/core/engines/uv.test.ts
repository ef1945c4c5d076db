import { expect, test } from "bun:test";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ctx } from "#core/context.ts";
import { uvEnv, uvPath } from "#core/engines/uv.ts";
import type { SwError } from "#core/errors.ts";

const pathOf = async (own: string) => await uvPath({ env: { SWCLI_UV: own } } as unknown as Ctx);
const refusal = async (own: string): Promise<SwError> =>
  await pathOf(own).then(
    () => {
      throw new Error(`${own} was not refused`);
    },
    (e) => e,
  );

test("SWCLI_UV must name a program by its absolute path", async () => {
  const dir = await mkdtemp(join(tmpdir(), "sw-uv-"));
  try {
    const uv = join(dir, "uv");
    await Bun.write(uv, "#!/bin/sh\n");
    expect(await refusal(uv)).toMatchObject({ code: "ENGINE_MISSING" });
    await chmod(uv, 0o755);
    expect(await pathOf(uv)).toBe(uv);
    for (const wrong of [join(dir, "none"), dir, "uv"]) {
      expect(await refusal(wrong)).toMatchObject({ code: "ENGINE_MISSING", hint: expect.stringContaining("SWCLI_UV") });
    }
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("of the person's UV_* only what can't change a lock behind our back reaches uv", () => {
  const env = uvEnv({
    UV_CACHE_DIR: "/c",
    UV_PRERELEASE: "allow",
    UV_INDEX_MINE_PASSWORD: "p",
    VIRTUAL_ENV: "/v",
    PYTHONPATH: "/p",
    HOME: "/h",
  });
  expect(env).toMatchObject({ UV_CACHE_DIR: "/c", UV_INDEX_MINE_PASSWORD: "p", HOME: "/h", UV_NO_CONFIG: "1" });
  for (const name of ["UV_PRERELEASE", "VIRTUAL_ENV", "PYTHONPATH"]) expect(env).not.toHaveProperty(name);
});
