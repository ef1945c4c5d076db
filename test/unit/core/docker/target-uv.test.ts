/** uv for an image's platform, from an index that has something else under its name. */
import { expect, test } from "bun:test";
import { withCtx } from "#core/context.ts";
import { imagePlatforms } from "#core/docker/platforms.ts";
import { targetUv } from "#core/docker/target-uv.ts";
import { UV_VERSION } from "#core/engines/uv.ts";
import { servePackages } from "../../../servers/package-index.ts";
import { makeWheel } from "../lock/make-wheel.ts";
import { storeHome } from "../store/store-home.ts";

test("a uv that is not the pinned one is not taken, whatever the index calls it", async () => {
  await using home = await storeHome();
  const foreign = process.arch === "arm64" ? "amd64" : "arm64";
  const [platform] = imagePlatforms([foreign]);
  if (!platform) throw new Error("no platform");
  const tag = `py3-none-manylinux_2_17_${platform.machine}`;
  await using index = await servePackages([
    await makeWheel(`${home.dir}/index`, { name: "uv", version: UV_VERSION, tag }),
  ]);
  const env = { ...home.ctx.env, PIP_INDEX_URL: index.url, UV_CACHE_DIR: `${home.dir}/cache` };
  const got = targetUv(withCtx(home.ctx, { env }), platform);
  await expect(got).rejects.toMatchObject({
    code: "ENGINE_MISSING",
    message: expect.stringMatching(/can't be had[\s\S]*[Hh]ash/),
  });
  expect(index.asked).toContain("/simple/uv/");
});
