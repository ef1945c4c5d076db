/**
 * Package bytes checked while they pass: whole, safe, of the right version. The last piece is held back until the verdict,
 * so that what is wrong never arrives complete. Tests: test/unit/core/transfer/checked-package.test.ts
 */
import { parseManifest } from "#core/manifest/parse-manifest.ts";
import { packageInvalid } from "#core/swrt/package-error.ts";
import { readPackage } from "#core/swrt/read-package.ts";

/** @throws PACKAGE_INVALID, always before the last piece */
export async function* checkedPackage(chunks: AsyncIterable<Uint8Array>, version: string): AsyncGenerator<Uint8Array> {
  const tap = handover();
  const verdict = judge(tap.received, version);
  // Awaited below; until then a failure is no unhandled one.
  verdict.catch(() => {});
  let held: Uint8Array | undefined;
  try {
    for await (const chunk of chunks) {
      await Promise.race([tap.give(chunk), verdict]);
      if (held) yield held;
      held = chunk;
    }
  } finally {
    tap.end();
  }
  await verdict;
  if (held) yield held;
}

async function judge(received: AsyncIterable<Uint8Array>, version: string): Promise<void> {
  const { manifestText } = await readPackage(received, { file: countBytes });
  const found = parseManifest(manifestText).version;
  if (found !== version) throw packageInvalid(`is version ${found}, not ${version}`);
}

/** The path of the bytes is checked here, not their digests: nothing is stored. */
async function countBytes(_path: string, body: AsyncIterable<Uint8Array>): Promise<{ sha256: string; size: number }> {
  let size = 0;
  for await (const chunk of body) size += chunk.length;
  return { sha256: "", size };
}

/** One chunk at a time from a giver to a receiver; giving waits until the one before has been asked past. */
function handover() {
  let waiting: ((chunk: Uint8Array | undefined) => void) | undefined;
  let ready: (() => void) | undefined;
  let ended = false;

  async function* received(): AsyncGenerator<Uint8Array> {
    while (!ended) {
      const next = new Promise<Uint8Array | undefined>((resolve) => (waiting = resolve));
      ready?.();
      const chunk = await next;
      if (chunk === undefined) return;
      yield chunk;
    }
  }

  const give = async (chunk: Uint8Array): Promise<void> => {
    if (waiting === undefined) await new Promise<void>((resolve) => (ready = resolve));
    ready = undefined;
    const deliver = waiting;
    waiting = undefined;
    deliver?.(chunk);
  };

  const end = (): void => {
    ended = true;
    waiting?.(undefined);
  };

  return { received: received(), give, end };
}
