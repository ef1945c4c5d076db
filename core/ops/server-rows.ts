/** The rows of `runtime list` and `history` elsewhere, on servers and in registries, and how they are asked for. Types only. */

export interface ServerRow {
  name: string;
  project: string;
  /** null for what is in the trash: the server does not say. */
  version: string | null;
  /** `latest` and `vN` first. */
  tags: string[];
  owner: string;
  /** null where nobody says. */
  created_at: string | null;
  removed: boolean;
}

export interface Paging {
  /** From 1. */
  page: number;
  size: number;
}

export interface ServerListParams extends Paging {
  project?: string;
  filters: string[];
  show_removed: boolean;
}
