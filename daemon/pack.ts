/**
 * The program that packs one layer of an image for a daemon (core/docker/layer-writer.ts): a job on stdin, the layer or an
 * error on stdout. Tests: test/unit/core/docker/layer.test.ts
 */
import { type PackJob, packJob } from "#core/docker/layer-writer.ts";
import { SwError } from "#core/errors.ts";

/** @returns the exit code */
export async function packMain(): Promise<number> {
  const answer = (value: unknown) => Bun.write(Bun.stdout, JSON.stringify(value));
  try {
    // Written by this very build.
    await answer(await packJob(new AbortController().signal, (await Bun.stdin.json()) as PackJob));
    return 0;
  } catch (e) {
    await answer(SwError.from(e));
    return 1;
  }
}
