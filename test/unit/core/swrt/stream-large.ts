/** A program of its own, so that its memory is its own: 200 MB through writer and reader; prints size and growth. */
import { packageEntries } from "#core/swrt/package-tree.ts";
import { readPackage } from "#core/swrt/read-package.ts";
import { tarChunks } from "#core/swrt/tar-writer.ts";

const SIZE = 200_000_000;

async function* content(): AsyncGenerator<Uint8Array> {
  for (let left = SIZE; left > 0; left -= 65_536) yield new Uint8Array(Math.min(left, 65_536)).fill(left);
}

async function main(): Promise<void> {
  const before = process.memoryUsage.rss();
  let peak = before;
  let size = 0;
  const big = { path: "wheels/big.whl", mode: 0o644, type: "file", size: SIZE, sha256: "aa" } as const;
  const bytes = tarChunks(packageEntries("version: x\n", [big], content));
  await readPackage(bytes, {
    async file(_path, body) {
      for await (const chunk of body) {
        size += chunk.length;
        peak = Math.max(peak, process.memoryUsage.rss());
      }
      return { sha256: "aa", size };
    },
  });
  console.log(JSON.stringify({ size, grownBytes: peak - before }));
}

await main();
