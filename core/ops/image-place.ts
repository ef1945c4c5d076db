/**
 * Whether an image can go where it shall, asked before the work: one that nobody could take would be made for nothing.
 * Tests: test/e2e/dockerize.test.ts, test/e2e/dockerize-image.test.ts
 */
import { lstat } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { engineProblem } from "#core/docker/docker-cli.ts";
import type { Output } from "#core/docker/image-plan.ts";
import { errno, SwError } from "#core/errors.ts";
import { refuseTaken, taken } from "#core/oci/layout.ts";
import { requireFolder } from "#core/transfer/new-file.ts";

/** @param platforms how many the image will have. @throws SwError USAGE, EXISTS, FILE_NOT_FOUND */
export async function refuseNowhere(output: Output, platforms: number): Promise<void> {
  if (output.kind === "oci-layout") return await refuseTaken(output.path);
  if (output.kind === "engine" && platforms > 1) throw oneForDocker();
  if (output.kind !== "docker-archive") return;
  if (platforms > 1) throw oneInArchive();
  await requireFolder(output.path);
  await refuseFile(output.path);
}

async function refuseFile(path: string): Promise<void> {
  try {
    await lstat(path);
  } catch (e) {
    if (errno(e) === "ENOENT") return;
    throw e;
  }
  throw taken(path);
}

/** Docker has to take it, and there are other places. @throws SwError USAGE */
export async function requireDocker(ctx: Ctx): Promise<void> {
  const problem = await engineProblem(ctx);
  if (!problem) return;
  throw new SwError("USAGE", `there is nowhere to put the image: ${problem.message}`, {
    hint: "Push it with --push, or write it with --to oci-layout=DIR or --to docker-archive=FILE.",
    cause: problem,
  });
}

const oneForDocker = () =>
  new SwError("USAGE", "an image of several platforms can't be loaded into docker", {
    hint: "Push it with --push, or write it with --to oci-layout=DIR.",
  });

const oneInArchive = () =>
  new SwError("USAGE", "a docker archive holds one platform", { hint: "Give one --platform, or --to oci-layout=DIR." });
