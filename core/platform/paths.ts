/**
 * Every path that swcli uses under its root, and the rule that finds the root. See "Disk" in docs/disk.md.
 * Strings in, strings out. Tests: test/unit/core/platform/paths.test.ts
 */
import { homedir } from "node:os";
import type { Env } from "#core/platform/env.ts";

export interface Paths {
  /** Absolute, not necessarily the real path. */
  readonly root: string;
  readonly store: string;
  readonly blobs: string;
  readonly trees: string;
  readonly refs: string;
  readonly leases: string;
  readonly ingest: string;
  readonly quarantine: string;
  readonly cache: string;
  readonly tools: string;
  readonly jobs: string;
  readonly activation: string;
  readonly generation: string;
  readonly envs: string;
  readonly links: string;
  /** Prefix of lock files, in the run dir: `${locks}.refs.lock`. */
  readonly locks: string;
}

export function storePaths(root: string, locks = `${root}/.store/v1/locks/l`): Paths {
  const store = `${root}/.store/v1`;
  return {
    root,
    store,
    blobs: `${store}/blobs/sha256`,
    trees: `${store}/trees`,
    refs: `${store}/refs`,
    leases: `${store}/leases`,
    ingest: `${store}/ingest`,
    quarantine: `${store}/quarantine`,
    cache: `${store}/cache`,
    tools: `${store}/tools`,
    jobs: `${store}/jobs`,
    activation: `${store}/activation`,
    generation: `${store}/generation`,
    envs: `${root}/.envs`,
    links: `${root}/.links`,
    locks,
  };
}

/** The client's; where it has none (cron, a container) what the system says of this user. */
export const homeDir = (env: Env): string => env.HOME || homedir();

export const configPath = (env: Env): string => env.SW_CLI_CONFIG || `${homeDir(env)}/.config/starwhale/config.yaml`;

/** `~/x` with the home of `env`; other paths as they are. */
export const expandHome = (env: Env, path: string): string =>
  path === "~" || path.startsWith("~/") ? homeDir(env) + path.slice(1) : path;

export const defaultRoot = (env: Env): string => `${homeDir(env)}/.starwhale`;
