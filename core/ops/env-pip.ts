/**
 * What stands in for pip in a runtime whose lock holds none: the words become uv's, for this prefix and no other.
 * Tests: test/e2e/protect.test.ts, test/e2e/small-pip.test.ts
 */
import { existsSync } from "node:fs";
import { basename, dirname } from "pathe";
import { indexSettings, NO_EXPLICIT_INDEX } from "#core/config/index-settings.ts";
import type { Ctx } from "#core/context.ts";
import { UV_VERSION, uvEnv, uvPath } from "#core/engines/uv.ts";
import { SMALL_PIP_VERSION } from "#core/env/guard.ts";
import { sitePackages } from "#core/env/seen.ts";
import { isWritable } from "#core/env/writable.ts";
import { SwError } from "#core/errors.ts";
import { type PipWords, pipWords } from "#core/ops/pip-words.ts";

export interface PipParams {
  prefix: string;
  args: string[];
}

/** A program to become, or a text to print. */
export type PipAnswer = { argv: string[]; env: Record<string, string> } | { text: string };

const READS = ["list", "show", "freeze", "check"];
const CHANGES = ["install", "uninstall"];

/** @throws USAGE for words that only a real pip has, ENV_SHARED for changes of a shared environment */
export async function envPip(ctx: Ctx, { prefix, args }: PipParams): Promise<PipAnswer> {
  if (!existsSync(`${prefix}/bin/python`)) throw new SwError("ENV_NOT_FOUND", `no environment at ${prefix}`);
  const said = pipWords(args);
  if (said.version) return { text: versionLine(prefix) };
  if (said.verb === "") return { text: HELP };
  if (![...READS, ...CHANGES].includes(said.verb)) throw unknownVerb(said.verb);
  const uv = [await uvPath(ctx), "pip", said.verb];
  if (said.help) return { argv: [...uv, "--help"], env: uvEnv(ctx.env) };
  return await uvCall(ctx, prefix, { uv, said });
}

async function uvCall(ctx: Ctx, prefix: string, { uv, said }: { uv: string[]; said: PipWords }): Promise<PipAnswer> {
  const args = [...targetOf(ctx, said), ...said.args];
  if (CHANGES.includes(said.verb) && !isWritable(prefix) && !args.some(isElsewhere)) throw shared(ctx);
  const asks = said.verb === "install" || args.includes("--outdated");
  const index = asks ? await indexSettings(ctx, NO_EXPLICIT_INDEX) : { env: {}, args: [] };
  const argv = [...uv, "--python", `${prefix}/bin/python`, ...index.args, ...args];
  return { argv, env: { ...uvEnv(ctx.env), ...index.env, ...said.env } };
}

/** pip's variable, which uv does not know. */
const targetOf = (ctx: Ctx, { verb, args }: PipWords): string[] =>
  verb === "install" && ctx.env.PIP_TARGET && !args.some(isElsewhere) ? ["--target", ctx.env.PIP_TARGET] : [];

/** uv then leaves this environment alone. */
const isElsewhere = (word: string): boolean => /^(-t|--target\b|--prefix\b|--dry-run$)/.test(word);

/** In pip's form: programs read it. */
function versionLine(prefix: string): string {
  const site = sitePackages(prefix);
  return `pip ${SMALL_PIP_VERSION} from ${site}/pip (python ${basename(dirname(site)).replace("python", "")})`;
}

const HELP = `Usage: pip COMMAND [OPTIONS]

This runtime holds no pip. swcli stands in for it, with uv ${UV_VERSION} and this environment's Python.

  list        The packages that are installed (--outdated, --format json)
  show        About one of them (--files)
  freeze      The packages as requirements
  check       Whether their dependencies are there
  install     Install packages: in a writable environment, or to another folder (--target)
  uninstall   Uninstall packages: in a writable environment

\`pip COMMAND --help\` lists a command's options. A writable environment: swcli runtime activate --writable RUNTIME
Add pip to the runtime's requirements to have the real one.`;

/** Seldom met: the guard (core/env/pip-guard.py) comes first. */
const shared = ({ env }: Ctx) =>
  new SwError("ENV_SHARED", "this environment is shared and does not change", {
    hint: `For one of your own: swcli runtime activate --writable ${env.SW_ACTIVATED_RUNTIME_URI_IN_SHELL || "RUNTIME"}`,
  });

const unknownVerb = (verb: string) =>
  new SwError(
    "USAGE",
    `pip ${verb}: this runtime holds no pip; swcli stands in for it with ${[...READS, ...CHANGES].join(", ")}`,
    {
      hint: "Add pip to the runtime's requirements to have the real one.",
    },
  );
