/** An image that is a runtime, in the docker engine: pulled, or there alone, under the names given. Tests: test/e2e/dockerize-image.test.ts */
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import type { BaseImage } from "#core/docker/base-image.ts";
import { docker, lastLine } from "#core/docker/docker-cli.ts";
import { chooseOffered, notFor, offeredBy } from "#core/docker/image-part.ts";
import type { ImageResult } from "#core/docker/image-result.ts";
import { SwError } from "#core/errors.ts";
import { parseReference } from "#core/oci/reference.ts";
import {
  type Absent,
  absent,
  copyResult,
  type OwnImage,
  onePlatform,
  warnUseless,
} from "#core/ops/own-image-source.ts";

/** @param found what its registry says to us; docker may have a login of its own, or the image alone */
export async function tagInEngine(ctx: Ctx, own: OwnImage, found: BaseImage | SwError): Promise<ImageResult | Absent> {
  const { work, image, asked } = own;
  const offered = found instanceof SwError ? [] : await offeredBy(found);
  if (offered.length > 0) chooseOffered(image, offered, asked);
  const platform = onePlatform(own, offered);
  const failure = await pull(ctx, image, platform);
  const held = await heldImage(ctx, image);
  if (held === undefined) {
    // Docker's words do not tell an image that is not there from one that can't be had: its registry does.
    if (found instanceof SwError) return absent(ctx, own, found);
    throw failure ?? new SwError("IMAGE_FAILED", `docker does not have ${image} after pulling it`);
  }
  if (asked.length > 0 && held.platform !== platform) throw notFor(image, asked[0]?.name ?? "", held.platform);
  warnUseless(ctx, own);
  for (const tag of work.tags) await tagImage(ctx, image, tag);
  // Of several platforms under one digest docker keeps the digest with the first that it pulled.
  const digest = failure === undefined && !(found instanceof SwError) ? found.digest : held.digest;
  const part = offered.find((one) => one.platform === held.platform)?.descriptor.digest ?? null;
  const base = { name: image, digest };
  return { ...copyResult(own), base, digest, platforms: [{ platform: held.platform, digest: part }] };
}

async function pull(ctx: Ctx, image: string, platform: string | undefined): Promise<SwError | undefined> {
  ctx.report.progress({ step: "pull", text: `Pulling ${image}` });
  const args = ["pull", "--quiet", ...(platform ? ["--platform", platform] : []), image];
  const pulled = await docker(ctx, args, { onLine: (line) => ctx.report.log(line) });
  return pulled.exitCode === 0 ? undefined : dockerFailed("pull", pulled.stderr);
}

async function tagImage(ctx: Ctx, image: string, tag: string): Promise<void> {
  const tagged = await docker(ctx, ["tag", image, tag]);
  if (tagged.exitCode !== 0) throw dockerFailed("tag", tagged.stderr);
}

const dockerFailed = (verb: string, stderr: string) =>
  new SwError("IMAGE_FAILED", `docker ${verb} failed: ${lastLine(stderr)}`);

const HeldSchema = v.looseObject({
  Os: v.string(),
  Architecture: v.string(),
  RepoDigests: v.nullish(v.array(v.string()), []),
});

/** What docker has under a name; its digest only where it came from there. */
async function heldImage(ctx: Ctx, image: string): Promise<{ platform: string; digest: string | null } | undefined> {
  const seen = await docker(ctx, ["image", "inspect", "--format", "{{json .}}", image]);
  if (seen.exitCode !== 0) return undefined;
  const { Os, Architecture, RepoDigests } = v.parse(HeldSchema, JSON.parse(seen.stdout));
  const { host, repository } = parseReference(image);
  const own = (RepoDigests ?? [])
    .map(parseReference)
    .find((other) => other.host === host && other.repository === repository);
  return { platform: `${Os}/${Architecture}`, digest: own?.digest ?? null };
}
