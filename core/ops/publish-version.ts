/**
 * A version gets its name: known ids keep their vN, new ones get the next; `latest` moves; tags are added, all or none;
 * a removed version is live again. One commit. Tests: test/e2e/build.test.ts, test/unit/core/ops/publish-version.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { unswept } from "#core/store/gc-lock.ts";
import { giveAutoTag, type RuntimeRef, tagsOf } from "#core/store/ref.ts";
import { updateRef } from "#core/store/refs.ts";
import { revive, short } from "#core/store/version-life.ts";
import { isComplete, type Version } from "#core/store/versions.ts";

export interface Published {
  tags: string[];
  /** True when this name had the version already, live and latest. */
  unchanged: boolean;
  /** What changed beside the version itself, a line each. */
  said: string[];
}

interface Publication {
  project: string;
  name: string;
  version: Pick<Version, "id" | "created_at" | "size">;
  tags: readonly string[];
  /** Where it was copied from, if that is another machine. */
  origin?: string | undefined;
}

/**
 * The last look at the content and the commit of the name are one step that gc can't come between.
 * @throws TAG_TAKEN when another version has one of the tags, STORE_DAMAGED when content is missing; nothing is changed then
 */
export async function publishVersion(ctx: Ctx, publication: Publication): Promise<Published> {
  return await unswept(ctx, async () => {
    if (await isComplete(ctx, publication.version.id)) return await commitName(ctx, publication);
    throw new SwError("STORE_DAMAGED", `content of version ${short(publication.version.id)} is missing in the store`, {
      hint: "Repeat the command; if it stays, `swcli doctor --store` says what is damaged.",
    });
  });
}

async function commitName(ctx: Ctx, { project, name, version, tags, origin }: Publication): Promise<Published> {
  return await updateRef(ctx, { project, name }, (ref) => {
    refuseTaken(ref, version.id, tags);
    const said: string[] = [];
    const known = ref.versions.find((v) => v.id === version.id);
    if (!known) addVersion(ref, version, ctx.clock.now());
    else if (known.removed_at !== undefined) reviveKnown(ref, known, said);
    else if (ref.tags.latest !== version.id)
      said.push(`latest moves from ${short(ref.tags.latest)} to ${short(version.id)}`);
    const unchanged = known !== undefined && said.length === 0;
    const entry = ref.versions.find((v) => v.id === version.id);
    if (entry && origin !== undefined) entry.origin = origin;
    ref.tags.latest = version.id;
    for (const tag of tags) addTag(ref, version.id, tag, known ? said : []);
    return { tags: tagsOf(ref, version.id), unchanged, said };
  });
}

function refuseTaken(ref: RuntimeRef, id: string, tags: readonly string[]): void {
  const taken = tags.find((tag) => ref.tags[tag] !== undefined && ref.tags[tag] !== id);
  if (taken === undefined) return;
  throw new SwError("TAG_TAKEN", `the tag ${taken} belongs to version ${short(ref.tags[taken])} of ${ref.name}`, {
    hint: `Move it with: swcli runtime tag -f ${ref.name}/version/${short(id)} ${taken} (after building without -t ${taken}).`,
  });
}

function addVersion(ref: RuntimeRef, version: Publication["version"], now: number): void {
  ref.versions.push({ id: version.id, created_at: version.created_at, added_at: now, size: version.size });
  giveAutoTag(ref, version.id);
}

function reviveKnown(ref: RuntimeRef, version: RuntimeRef["versions"][number], said: string[]): void {
  const lines = revive(ref, [version]);
  said.push(`version ${short(version.id)} had been removed and is live again`, ...lines);
}

function addTag(ref: RuntimeRef, id: string, tag: string, said: string[]): void {
  if (ref.tags[tag] !== id) said.push(`tag ${tag} added to ${short(id)}`);
  ref.tags[tag] = id;
}
