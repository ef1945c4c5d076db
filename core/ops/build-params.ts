/** What `runtime build` is asked for, and what it answers. Types only. */
import type { BuildExtras, BuildSource, BuildTarget } from "#core/protocol/methods/build-source.ts";

export interface BuildParams {
  /** Used when there is no other source. */
  yaml: string;
  source?: BuildSource;
  target: BuildTarget;
  extras: BuildExtras;
  name?: string;
  project?: string;
  tags: string[];
  lock: boolean;
  cache: boolean;
  prepare?: "background" | "wait" | "no";
  /** Bytecode of the environment that is prepared (default true). */
  compile?: boolean;
}

export interface BuildResult {
  name: string;
  version: string;
  tags: string[];
  uri: string;
  unchanged: boolean;
  lock: { files: string[]; platforms: string[]; python: string; cached: boolean } | null;
}
