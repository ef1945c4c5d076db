/**
 * Constraints that the user's own pip configuration adds to everything that is installed (PIP_CONSTRAINT, `constraint`).
 * They bind the lock; they are not part of the package. Tests: test/unit/core/lock/resolve.test.ts
 */
import { basename, dirname, isAbsolute } from "pathe";
import { SwError } from "#core/errors.ts";
import { type RequirementLine, readRequirements } from "#core/lock/requirements.ts";
import type { Env } from "#core/platform/env.ts";

export interface UserConstraints {
  constraints: RequirementLine[];
  warnings: string[];
}

/** Reads the files; one that can't be read is a warning, since it may be meant for another tool. */
export async function readUserConstraints(env: Env, paths: readonly string[]): Promise<UserConstraints> {
  const out: UserConstraints = { constraints: [], warnings: [] };
  for (const path of paths) {
    try {
      out.constraints.push(...(await readFile(env, path)));
    } catch (e) {
      if (!(e instanceof SwError)) throw e;
      out.warnings.push(`constraints of your pip configuration are left out: ${e.message.split("\n")[0]}`);
    }
  }
  return out;
}

async function readFile(env: Env, path: string): Promise<RequirementLine[]> {
  if (!isAbsolute(path)) throw new SwError("MANIFEST_PATH", `${path} is not a file of this machine`);
  const at = { file: path, line: 1 };
  const text = `-c ${JSON.stringify(basename(path))}`;
  const { constraints } = await readRequirements({ dir: dirname(path), env, sources: [{ kind: "pkg", text, at }] });
  return constraints.map((line) => ({ ...line, at: { ...line.at, file: `${dirname(path)}/${line.at.file}` } }));
}
