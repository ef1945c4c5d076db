/**
 * What `scripts/build` put into the binary: version, build id, the packed uv; and how to call ourselves again.
 * Tests: test/e2e/binary.test.ts
 */
declare const SWCLI_VERSION: string;
declare const SWCLI_BUILD: string;

export const VERSION: string = typeof SWCLI_VERSION === "string" ? SWCLI_VERSION : "0.0.0-dev";

/** Digest of the sources that went into the binary; client and daemon compare it. */
export const BUILD_ID: string = typeof SWCLI_BUILD === "string" ? SWCLI_BUILD : "dev";

/** Path (inside the binary) of the zstd-packed uv. */
export async function embeddedUvPack(): Promise<string> {
  const pack: { default: string } = await import("#uv-pack", { with: { type: "file" } });
  return pack.default;
}

/** argv that starts this program again: the binary itself, or bun with the entry when run from source. */
export function selfCommand(...args: string[]): string[] {
  const compiled = Bun.main.startsWith("/$bunfs/");
  return compiled ? [process.execPath, ...args] : [process.execPath, Bun.main, ...args];
}
