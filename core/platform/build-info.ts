/**
 * What was built into this binary: version, build id and the packed uv.
 * The constants come from scripts/build (`--define`); run from the sources they say so. Must stay free of imports:
 * the hot path reads it. Tests: test/e2e/binary.test.ts
 */

declare const SWCLI_VERSION: string | undefined;
declare const SWCLI_BUILD: string | undefined;

/** The version of package.json. */
export const VERSION: string = typeof SWCLI_VERSION === "string" ? SWCLI_VERSION : "0.0.0-dev";

/** Digest of the sources that went in; two processes of one build agree on it (docs/protocol.md, "Life"). */
export const BUILD_ID: string = typeof SWCLI_BUILD === "string" ? SWCLI_BUILD : "dev";

/** How requests to servers and registries name their sender. */
export const USER_AGENT = `swcli/${VERSION}`;

export interface UvPack {
  /** zstd file, readable with `Bun.file`, also inside the compiled binary. */
  readonly path: string;
  readonly version: string;
  /** Digest and size of the unpacked uv. */
  readonly sha256: string;
  readonly size: number;
}

/** The packed uv. Loaded on demand: nothing of it belongs to a start that needs no engine. */
export async function uvPack(): Promise<UvPack> {
  const [file, info] = await Promise.all([
    import("#uv-pack", { with: { type: "file" } }),
    import("../../.pack/uv.json", { with: { type: "json" } }),
  ]);
  const { version, sha256, size } = info.default;
  return { path: file.default, version, sha256, size };
}
