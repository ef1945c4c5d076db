/** `runtime tag`: list, add, remove; several tags are all or nothing. Tests: test/e2e/tag.test.ts */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { localTarget } from "#core/ops/target.ts";
import { isBuiltinTag, type RuntimeRef, tagsOf } from "#core/store/ref.ts";
import { updateRef } from "#core/store/refs.ts";
import { requireRef, resolveVersion, type Target } from "#core/store/resolve.ts";
import { newestFirst, short } from "#core/store/version-life.ts";
import { isName } from "#core/uri/names.ts";

export interface TagParams {
  uri: string;
  tags: string[];
  remove: boolean;
  /** A tag of another version moves. */
  force: boolean;
  /** A tag that can't be added or removed is left out instead of stopping everything. */
  lenient: boolean;
}

export interface TagResult {
  name: string;
  project: string;
  /** null where the URI named none and none was needed. */
  version: string | null;
  /** Of the version, or of the whole runtime when the URI names no version and nothing was changed. */
  tags: { tag: string; version: string }[];
  /** What was done, a line each. */
  said: string[];
}

export async function tagRuntime(ctx: Ctx, params: TagParams): Promise<TagResult> {
  const target = await localTarget(ctx, params.uri);
  if (params.tags.length === 0) return await listTags(ctx, target, params);
  return params.remove ? await removeTags(ctx, target, params) : await addTags(ctx, target, params);
}

async function listTags(ctx: Ctx, target: Target, { remove }: TagParams): Promise<TagResult> {
  if (remove) throw new SwError("USAGE", "name the tags to remove");
  const ref = await requireRef(ctx, target);
  const id = target.version === "" ? null : (await resolveVersion(ctx, target)).version.id;
  return resultOf(ref, id, []);
}

async function addTags(ctx: Ctx, target: Target, params: TagParams): Promise<TagResult> {
  const { version } = await resolveVersion(ctx, target);
  return await updateRef(ctx, target, (ref) => {
    // Looked up before the lock was taken: it may have gone meanwhile.
    if (!ref.versions.some((v) => v.id === version.id && v.removed_at === undefined)) throw gone(target, version.id);
    const said = each(params, (tag) => addTag(ref, version.id, { tag, force: params.force }));
    return resultOf(ref, version.id, said);
  });
}

async function removeTags(ctx: Ctx, target: Target, params: TagParams): Promise<TagResult> {
  const owner = target.version === "" ? undefined : (await resolveVersion(ctx, target)).version.id;
  await requireRef(ctx, target);
  return await updateRef(ctx, target, (ref) => {
    const said = each(params, (tag) => removeTag(ref, tag, owner));
    return resultOf(ref, owner ?? null, said);
  });
}

/** Leniently, what fails for one tag is only said. */
function each({ tags, lenient }: TagParams, change: (tag: string) => string): string[] {
  return [...new Set(tags)].flatMap((tag) => {
    try {
      return change(tag);
    } catch (e) {
      if (lenient && e instanceof SwError) return [];
      throw e;
    }
  });
}

function addTag(ref: RuntimeRef, id: string, { tag, force }: { tag: string; force: boolean }): string {
  checkTag(tag);
  const holder = ref.tags[tag];
  if (holder === id) return `tag ${tag} was there already`;
  if (holder !== undefined && !force) throw taken(ref, tag, id);
  ref.tags[tag] = id;
  return holder === undefined
    ? `tag ${tag} added to ${short(id)}`
    : `tag ${tag} moved from ${short(holder)} to ${short(id)}`;
}

function removeTag(ref: RuntimeRef, tag: string, owner: string | undefined): string {
  checkTag(tag);
  const holder = ref.tags[tag];
  if (holder === undefined)
    throw new SwError("TAG_NOT_FOUND", `${ref.name} has no tag ${tag}`, { hint: "-q ignores that." });
  if (owner !== undefined && holder !== owner) {
    throw new SwError("TAG_NOT_FOUND", `version ${short(owner)} has no tag ${tag}; it belongs to ${short(holder)}`, {
      hint: `Remove it there: swcli runtime tag -r ${ref.name} ${tag}`,
    });
  }
  delete ref.tags[tag];
  return `tag ${tag} removed from ${short(holder)}`;
}

function checkTag(tag: string): void {
  if (isBuiltinTag(tag)) {
    throw new SwError("USAGE", `the tag ${tag} is given by swcli itself`, { hint: "Choose another name." });
  }
  if (isName(tag)) return;
  throw new SwError("USAGE", `${JSON.stringify(tag)} can't be a tag`, {
    hint: "1 to 80 letters, digits, `_`, `.`, `-`, the first a letter or `_`.",
  });
}

const taken = (ref: RuntimeRef, tag: string, id: string) =>
  new SwError("TAG_TAKEN", `the tag ${tag} belongs to version ${short(ref.tags[tag])} of ${ref.name}`, {
    hint: `Move it with: swcli runtime tag -f ${ref.name}/version/${short(id)} ${tag}`,
    detail: { tag, version: ref.tags[tag] },
  });

const gone = ({ name }: Target, id: string) =>
  new SwError("VERSION_NOT_FOUND", `version ${short(id)} of ${name} has just been removed`);

function resultOf(ref: RuntimeRef, id: string | null, said: string[]): TagResult {
  const versions = newestFirst(ref, ref.versions).filter((version) => id === null || version.id === id);
  const tags = versions.flatMap((version) => tagsOf(ref, version.id).map((tag) => ({ tag, version: version.id })));
  return { name: ref.name, project: ref.project, version: id, tags, said };
}
