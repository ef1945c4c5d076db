/** Installations of conda and mamba that the environment names. Tests: test/unit/core/config/condarc.test.ts */
import { dirname } from "pathe";
import type { Env } from "#core/platform/env.ts";

/** A base environment is an installation by itself: its shell functions export where its program is. */
export function condaRoots(env: Env): string[] {
  const exe = env.CONDA_EXE ? dirname(dirname(env.CONDA_EXE)) : undefined;
  const roots = [env.MAMBA_ROOT_PREFIX, exe, env.CONDA_ROOT, env._CONDA_ROOT].filter((root) => root);
  return [...new Set(roots.flatMap((root) => root ?? []))];
}
