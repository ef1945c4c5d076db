/**
 * The user's own pip configuration and condarc put into a package, when asked for: settings, never credentials.
 * Tests: test/e2e/build-venv.test.ts
 */
import { indexSettings, NO_EXPLICIT_INDEX } from "#core/config/index-settings.ts";
import type { Ctx } from "#core/context.ts";
import { withoutCredentials } from "#core/manifest/credentials.ts";
import type { RuntimeSpec } from "#core/manifest/spec.ts";
import type { BuildInputs } from "#core/ops/build-inputs.ts";
import { textEntry } from "#core/ops/collect.ts";
import type { BuildExtras } from "#core/protocol/methods/build-source.ts";

export async function emitConfigs<T extends BuildInputs>(ctx: Ctx, inputs: T, extras: BuildExtras): Promise<T> {
  const withPip = extras.pip_options ? { ...inputs, spec: await withPipOptions(ctx, inputs.spec) } : inputs;
  return extras.condarc ? await withCondarc(ctx, withPip) : withPip;
}

/** What the runtime says itself goes first. */
async function withPipOptions(ctx: Ctx, spec: RuntimeSpec): Promise<RuntimeSpec> {
  const { env } = await indexSettings(ctx, NO_EXPLICIT_INDEX);
  const words = (text: string | undefined) => (text ?? "").split(" ").filter((word) => word !== "");
  const own = spec.configs.pip;
  const [index = ""] = [own.indexUrl, env.UV_DEFAULT_INDEX ?? ""].filter((url) => url !== "");
  const pip = {
    indexUrl: named(ctx, index, "SW_PIP_INDEX_AUTH"),
    extraIndexUrl: unique([...own.extraIndexUrl, ...words(env.UV_INDEX)]).map((url, i) =>
      named(ctx, url, `SW_PIP_EXTRA_INDEX_AUTH_${i + 1}`),
    ),
    trustedHost: unique([...own.trustedHost, ...words(env.UV_INSECURE_HOST)]),
  };
  return { ...spec, configs: { ...spec.configs, pip } };
}

const unique = (texts: readonly string[]) => [...new Set(texts)];

/** A password or token becomes `${VARIABLE}`: whoever restores sets it to `user:password`. */
function named(ctx: Ctx, url: string, variable: string): string {
  const bare = withoutCredentials(url);
  if (bare === url) return url;
  ctx.report.warn(`the credentials of ${bare} stay out of the package; set ${variable}=user:password to restore`);
  return bare.replace("://", `://\${${variable}}@`);
}

async function withCondarc<T extends BuildInputs>(ctx: Ctx, inputs: T): Promise<T> {
  const { readCondarc, condarcText, cleanCondarc } = await import("#core/config/condarc.ts");
  const { conda } = inputs.spec.configs;
  const condarc = cleanCondarc(ctx, { ...(await readCondarc(ctx)).data, ...conda.condarc }, inputs.channels);
  if (Object.keys(condarc).length === 0) return inputs;
  const spec = { ...inputs.spec, configs: { ...inputs.spec.configs, conda: { ...conda, condarc } } };
  const entry = await textEntry(ctx, "configs/condarc", condarcText(condarc));
  return { ...inputs, spec, entries: [...inputs.entries, entry] };
}
