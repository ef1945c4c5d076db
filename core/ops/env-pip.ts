/**
 * What stands in for pip in a runtime whose lock holds none: the words become uv's, for this prefix and no other.
 * Tests: test/e2e/protect.test.ts
 */
import { existsSync } from "node:fs";
import { indexSettings, NO_EXPLICIT_INDEX } from "#core/config/index-settings.ts";
import type { Ctx } from "#core/context.ts";
import { UV_VERSION, uvEnv, uvPath } from "#core/engines/uv.ts";
import { isWritable } from "#core/env/writable.ts";
import { SwError } from "#core/errors.ts";

export interface PipParams {
  prefix: string;
  args: string[];
}

/** A program to become, or a text to print. */
export type PipAnswer = { argv: string[]; env: Record<string, string> } | { text: string };

const READS = ["list", "show", "freeze", "check"];
const CHANGES = ["install", "uninstall"];
// uv never asks.
const DROPPED = new Set(["-y", "--yes", "--disable-pip-version-check", "--no-input"]);

/** @throws USAGE for words that only a real pip has, ENV_SHARED for changes of a shared environment */
export async function envPip(ctx: Ctx, { prefix, args }: PipParams): Promise<PipAnswer> {
  if (!existsSync(`${prefix}/bin/python`)) throw new SwError("ENV_NOT_FOUND", `no environment at ${prefix}`);
  const words = args.filter((word) => !DROPPED.has(word));
  if (words[0] === "--version" || words[0] === "-V") return { text: `pip of swcli (uv ${UV_VERSION}) from ${prefix}` };
  const at = words.findIndex((word) => !word.startsWith("-"));
  const verb = words[at] ?? "help";
  if (CHANGES.includes(verb) && !isWritable(prefix)) throw shared();
  if (![...READS, ...CHANGES].includes(verb)) throw unknownVerb(verb);
  const index = verb === "install" ? await indexSettings(ctx, NO_EXPLICIT_INDEX) : { env: {}, args: [] };
  const rest = [...words.slice(0, at), ...words.slice(at + 1)];
  const argv = [await uvPath(ctx), "pip", verb, "--python", `${prefix}/bin/python`, ...index.args, ...rest];
  return { argv, env: { ...uvEnv(ctx.env), ...index.env } };
}

const shared = () =>
  new SwError("ENV_SHARED", "this environment is shared and does not change", {
    hint: "For one of your own: swcli runtime activate --writable URI",
  });

const unknownVerb = (verb: string) =>
  new SwError("USAGE", `pip ${verb}: this runtime holds no pip; swcli stands in for it with ${READS.join(", ")}`, {
    hint: "Add pip to the runtime's requirements to have the real one.",
  });
