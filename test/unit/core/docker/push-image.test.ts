/** What people see of a push: how many bytes of how many. The registry is a real one. */
import { expect } from "bun:test";
import { withCtx } from "#core/context.ts";
import { basePlatform, resolveBase } from "#core/docker/base-image.ts";
import { platformImage } from "#core/docker/image-config.ts";
import { writeLayer } from "#core/docker/layer.ts";
import { textEntry } from "#core/docker/layer-entry.ts";
import { imagePlatforms } from "#core/docker/platforms.ts";
import { pushImage } from "#core/docker/push-image.ts";
import type { ProgressEvent } from "#core/report.ts";
import { testWith } from "../../../helpers/needs.ts";
import { pushTinyBase } from "../../../servers/base-image.ts";
import { registryMissing, startRegistry } from "../../../servers/registry.ts";
import { storeHome } from "../store/store-home.ts";

const noise = (megabytes: number) =>
  Buffer.concat(Array.from({ length: megabytes * 16 }, () => crypto.getRandomValues(Buffer.alloc(65536))));

testWith(await registryMissing())(
  "a push says how many bytes of the image are settled, up to all of them",
  async () => {
    await using registry = await startRegistry();
    await using home = await storeHome();
    const said: ProgressEvent[] = [];
    const report = { ...home.ctx.report, progress: (event: ProgressEvent) => void said.push(event) };
    // Each look at the clock is a second later, so that no report is too soon after another.
    let now = 0;
    const ctx = withCtx(home.ctx, { report, clock: { now: () => (now += 1000) } });
    const base = await resolveBase(ctx, await pushTinyBase(registry.host), []);
    const [platform] = imagePlatforms(["amd64"]);
    if (!platform) throw new Error("no platform");
    const own = await basePlatform(base, platform);
    const layer = await writeLayer(ctx, [textEntry("/noise", noise(40))], "gzip");
    const layers = [{ title: "noise", layer }];
    const made = platformImage({ base: own, layers, variables: {}, labels: {}, format: "oci" });
    const image = { top: made.manifest, platforms: [made], base };
    await pushImage(ctx, image, { tags: [`${registry.host}/counted/x:1`], insecure: [] });
    const pushing = said.filter(({ step }) => step === "push");
    const total = layer.size + (own.manifest.layers[0]?.size ?? 0);
    expect(pushing.every((event) => event.unit === "bytes" && event.total === total)).toBe(true);
    const done = pushing.map((event) => event.done ?? 0);
    expect([done[0], done.at(-1)]).toEqual([0, total]);
    // In the middle of the layer too: it goes in pieces.
    expect(done.some((bytes) => bytes > 1_000_000 && bytes < layer.size)).toBe(true);
  },
);
