/** What one source of index settings (the runtime, UV_*, PIP_*, a file) says. Levels are laid over each other. */
export interface IndexLevel {
  indexUrl?: string;
  extraIndexUrls: string[];
  /** Folders, relative ones to `findLinksBase`, or URLs. */
  findLinks: string[];
  findLinksBase: string;
  trustedHosts: string[];
  noIndex?: boolean;
  strategy?: string;
  excludeNewer?: string;
}
