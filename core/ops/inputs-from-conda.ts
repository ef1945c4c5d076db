/** A conda environment → the inputs of a package. Tests: test/e2e/build-conda.test.ts */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import type { EnvPlace, SourceInputs, SourceParams } from "#core/ops/source-inputs.ts";

export async function inputsFromConda(_ctx: Ctx, _params: SourceParams, place: EnvPlace): Promise<SourceInputs> {
  throw new SwError("NOT_YET", `conda environments can't be locked yet (${place.prefix})`);
}
