/**
 * What a runtime.yaml says, after reading: the types that the build works with.
 * Owns: shapes only. Knows nothing of yaml, of packages or of files on disk. Written by read-spec.ts.
 */

/** Place in the text of a runtime.yaml, both counted from 1. */
export interface At {
  line: number;
  column: number;
}

export type Mode = "venv" | "conda";

export interface SpecConfigs {
  conda: { channels: string[]; condarc: Record<string, unknown> };
  docker: { image: string };
  pip: { indexUrl: string; extraIndexUrl: string[]; trustedHost: string[] };
}

export interface SpecEnvironment {
  os: string;
  /** Major and minor, such as "3.10"; undefined when the file leaves the choice to us. */
  python: string | undefined;
  /** "" when no CUDA was asked for; cudnn likewise. */
  cuda: string;
  cudnn: string;
  /** Out of amd64, arm64, noarch; empty when the file says nothing. */
  arch: string[];
  dockerImage: string;
  starwhaleVersion: string;
  at: { python?: At; arch?: At };
}

/** One written item with its place, for messages about it. */
export interface Item {
  text: string;
  at: At;
}

export interface FileItem {
  src: string;
  dest: string;
  /** Every other key of the item (name, pre, post, …), kept as it was written. */
  extra: Record<string, unknown>;
  at: At;
}

/** Paths are relative to the yaml's folder, never escape it, and are in normal form (no `./`, no `a//b`). */
export type Dependency =
  | { kind: "pip_req_file"; path: string; at: At }
  | { kind: "conda_env_file"; path: string; at: At }
  | { kind: "pip_pkg"; items: Item[]; at: At }
  | { kind: "conda_pkg"; items: Item[]; at: At }
  | { kind: "wheel"; items: Item[]; at: At }
  | { kind: "native_file"; items: FileItem[]; at: At }
  | { kind: "command"; items: Item[]; at: At };

export interface RuntimeSpec {
  /** Absolute path of the yaml, its text as it was read, and its folder. */
  file: string;
  text: string;
  dir: string;
  /** How messages call the file; its base name when nobody chose another. */
  label?: string;
  name: string;
  mode: Mode;
  /** False where it follows from the dependencies. */
  modeWritten: boolean;
  configs: SpecConfigs;
  environment: SpecEnvironment;
  /** In the order of the yaml. */
  dependencies: Dependency[];
  /** One line each, with the place in the file. */
  warnings: string[];
}
