/** Conda environments by name, without conda. Tests: test/unit/core/conda/find-env.test.ts */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";

export async function findCondaEnv(_ctx: Ctx, name: string): Promise<string> {
  throw new SwError("ENV_NOT_FOUND", `no conda environment is called ${name}`);
}
