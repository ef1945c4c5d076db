/** What a finished (or planned) image is to people and programs: the result of `runtime dockerize`. Keys are snake_case. */
import type { BaseImage } from "#core/docker/base-image.ts";
import type { DirectImage } from "#core/docker/direct-engine.ts";
import type { ImagePlan } from "#core/docker/image-plan.ts";
import type { PushSummary } from "#core/docker/push-image.ts";

export interface ImageResult {
  name: string;
  version: string;
  uri: string;
  /** `copy`: the runtime is an image already. */
  engine: "direct" | "buildx" | "copy";
  reason: string;
  tags: string[];
  /** Of what the tags point to; null for a dry run, and where docker does not say. */
  digest: string | null;
  platforms: { platform: string; digest: string | null }[];
  base: { name: string; digest: string | null };
  pushed: boolean;
  /** Where it was written on this machine. */
  to: string | null;
  sent_bytes: number | null;
  dry_run: boolean;
  dockerfile: string | null;
  commands: string[];
}

export interface ResultFacts {
  readonly plan: ImagePlan;
  readonly uri: string;
  readonly engine: ImageResult["engine"];
  readonly reason: string;
}

/** The fields that every engine fills alike. */
export const imageResult = ({ plan, uri, engine, reason }: ResultFacts): ImageResult => ({
  name: plan.subject.name,
  version: plan.subject.version,
  uri,
  engine,
  reason,
  tags: [...plan.tags],
  digest: null,
  platforms: plan.platforms.map(({ name }) => ({ platform: name, digest: null })),
  base: { name: plan.base, digest: null },
  pushed: false,
  to: plan.output.kind === "oci-layout" || plan.output.kind === "docker-archive" ? plan.output.path : null,
  sent_bytes: null,
  dry_run: false,
  dockerfile: null,
  commands: [],
});

export const directResult = (facts: ResultFacts, image: DirectImage, pushed: PushSummary | undefined): ImageResult => ({
  ...imageResult(facts),
  digest: image.top.digest,
  platforms: image.platforms.map(({ platform, manifest }) => ({ platform: platform.name, digest: manifest.digest })),
  base: baseFacts(image.base, facts.plan),
  pushed: pushed !== undefined,
  sent_bytes: pushed?.sent ?? null,
});

export const baseFacts = (base: BaseImage, plan: ImagePlan) => ({ name: plan.base, digest: base.digest });
