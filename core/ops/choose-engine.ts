/**
 * Which engine makes an image and why, in the words that people read. Pure.
 * Tests: test/unit/core/ops/choose-engine.test.ts, test/e2e/dockerize-engine.test.ts
 */
import type { ImagePlan } from "#core/docker/image-plan.ts";
import { SwError } from "#core/errors.ts";

export const NOTHING_RUNS = "nothing has to run inside the image";

/** Known before anything is asked; undefined leaves the direct engine. @throws SwError IMAGE_FAILED, USAGE */
export function reasonForBuildx(engine: string, { builder, commands }: ImagePlan): string | undefined {
  if (engine === "buildx") return "it was asked for";
  if (engine === "auto" && builder !== undefined) return `--builder names ${builder}`;
  if (commands.length === 0) return undefined;
  const what = `${commands.length === 1 ? "a command has" : `${commands.length} commands have`} to run inside the image`;
  if (engine === "auto") return what;
  throw new SwError("IMAGE_FAILED", `${what}, which the direct engine can't do`, {
    hint: "Leave --engine direct out, or take the commands out of the runtime.yaml.",
  });
}

/** Why buildx may go on where the direct engine could not; undefined where it would fail in the same way. */
export function reasonToGoOn(e: SwError): string | undefined {
  const why = (e.message.split("\n")[0] ?? "").replace(/:$/, "");
  if (e.detail?.needs_build === true) return why;
  // Docker may have the image, or a login of its own; the registry that refuses us may let it in.
  const isUnread = e.code === "TRANSFER_FAILED" || e.code === "AUTH_FAILED" || e.detail?.missing === true;
  return isUnread ? `the base image can't be read (${why})` : undefined;
}

/** The advice of both, when neither engine could. */
export function bothFailed(last: SwError, first: SwError): SwError {
  const hint = [last.hint, first.hint].filter(Boolean).join("\n");
  return new SwError(last.code, last.message, { hint, detail: last.detail, cause: last });
}
