/**
 * Which indexes uv asks and how: thin form (explicit settings only).
 */
import type { Ctx } from "#core/context.ts";

export interface ExplicitIndex {
  indexUrl?: string;
  extraIndexUrls: string[];
  findLinks: string[];
  trustedHosts: string[];
  noIndex: boolean;
}

export interface IndexSettings {
  /** For runUv: URLs may hold credentials, so they are never arguments. */
  env: Record<string, string>;
  /** Arguments for which uv has no variable. */
  args: string[];
  /** What changes a resolution, without credentials. */
  key: unknown;
  /** Folders of this machine that serve packages. */
  findLinks: string[];
  warnings: string[];
}

/** Settings for uv from what the runtime says and what the user's machine says. */
export async function indexSettings(_ctx: Ctx, explicit: ExplicitIndex): Promise<IndexSettings> {
  const env: Record<string, string> = { UV_INDEX_STRATEGY: "unsafe-best-match" };
  if (explicit.indexUrl) env.UV_DEFAULT_INDEX = explicit.indexUrl;
  if (explicit.extraIndexUrls.length > 0) env.UV_INDEX = explicit.extraIndexUrls.join(" ");
  return { env, args: explicit.noIndex ? ["--no-index"] : [], key: explicit, findLinks: [], warnings: [] };
}
