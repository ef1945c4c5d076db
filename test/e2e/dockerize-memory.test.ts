/** The daemon makes and sends an image layer of any size with a few pieces of it in memory. */
import { expect } from "bun:test";
import { tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { peakWhile } from "../helpers/own-memory.ts";
import { pushTinyBase } from "../servers/base-image.ts";
import { registryMissing, startRegistry } from "../servers/registry.ts";
import { buildForImage, dockerize } from "./image-runtime.ts";

const MB = 1_000_000;
const LIMIT = 150 * MB;

testWith(needsLinux(), await registryMissing())(
  "a layer of 500 MB takes the daemon less than 150 MB",
  async () => {
    await using registry = await startRegistry();
    await using home = await tempHome();
    const base = await pushTinyBase(registry.host, { architectures: ["amd64"] });
    const content = new Uint8Array(500 * MB);
    for (let at = 0; at < content.length; at += 62_500) crypto.getRandomValues(content.subarray(at, at + 62_500));
    await buildForImage(home, {
      dependencies: ["- files: [{ src: large.bin, dest: large.bin }]"],
      files: { "large.bin": content },
      more: ["environment: { python: '3.11', arch: [amd64] }"],
    });
    await home.run(["daemon", "restart"]);
    const { pid } = (await home.run(["-o", "json", "daemon", "status"])).json;
    const image = `${registry.host}/large:1`;
    const making = dockerize(home, "--base-image", base, "-t", image, "--push");
    const peak = await peakWhile(pid, making);
    expect(await making).toMatchObject({ engine: "direct", pushed: true });
    expect(peak).toBeLessThan(LIMIT);
  },
  180_000,
);
