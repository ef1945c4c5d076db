/**
 * From what people write (name, tag, vN, version or its beginning) to one version of one runtime.
 * Tests: test/unit/core/store/resolve.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { liveVersions, type RuntimeRef, tagsOf, type VersionRef } from "#core/store/ref.ts";
import { listRefs, readRef } from "#core/store/refs.ts";

export interface Target {
  project: string;
  name: string;
  /** "" means latest. */
  version: string;
}

export interface Resolved {
  ref: RuntimeRef;
  version: VersionRef;
}

// Shorter beginnings are typing mistakes more often than versions.
const MIN_PREFIX = 4;

/** @throws RUNTIME_NOT_FOUND, VERSION_NOT_FOUND, AMBIGUOUS (with the candidates) */
export async function resolveVersion(ctx: Ctx, target: Target): Promise<Resolved> {
  const ref = await requireRef(ctx, target);
  return { ref, version: findLive(ref, target.version) };
}

/** The live version of that id, tag or beginning; "" means latest. @throws VERSION_NOT_FOUND, AMBIGUOUS */
export function findLive(ref: RuntimeRef, text: string): VersionRef {
  const live = liveVersions(ref);
  const id = ref.tags[text || "latest"];
  const exact = live.find((version) => version.id === (id ?? text));
  if (exact) return exact;
  if (text === "" || live.length === 0) throw onlyRemoved(ref);
  return byPrefix(ref, live, text);
}

/** @throws RUNTIME_NOT_FOUND with near names as the hint */
export async function requireRef(ctx: Ctx, target: Target): Promise<RuntimeRef> {
  const ref = await readRef(ctx, target.project, target.name);
  if (ref) return ref;
  const names = (await listRefs(ctx, target.project)).map((r) => r.name);
  const near = names.filter((name) => name.toLowerCase().startsWith(target.name.slice(0, 3).toLowerCase())).slice(0, 5);
  throw new SwError("RUNTIME_NOT_FOUND", `no runtime ${target.name} in project ${target.project}`, {
    hint: near.length > 0 ? `Did you mean ${near.join(", ")}?` : "`swcli runtime list` shows what is there.",
    detail: { project: target.project, name: target.name },
  });
}

const onlyRemoved = (ref: RuntimeRef) =>
  new SwError("VERSION_NOT_FOUND", `every version of ${ref.name} has been removed`, {
    hint: `Bring it back with: swcli runtime recover ${ref.name}`,
  });

/** The one version that begins so. */
export function byPrefix(ref: RuntimeRef, versions: readonly VersionRef[], prefix: string): VersionRef {
  const found = prefix.length >= MIN_PREFIX ? versions.filter((version) => version.id.startsWith(prefix)) : [];
  const [only, ...others] = found;
  if (only && others.length === 0) return only;
  if (only) throw ambiguous(ref, found, prefix);
  throw notFound(ref, prefix);
}

function ambiguous(ref: RuntimeRef, found: readonly VersionRef[], prefix: string): SwError {
  const candidates = found.map((version) => version.id);
  const lines = found.map((version) => `  ${version.id}  ${tagsOf(ref, version.id).join(", ")}`.trimEnd());
  return new SwError(
    "AMBIGUOUS",
    `${prefix} is the beginning of ${found.length} versions of ${ref.name}:\n${lines.join("\n")}`,
    {
      hint: "Write more of the version, or a tag.",
      detail: { candidates },
    },
  );
}

function notFound(ref: RuntimeRef, text: string): SwError {
  const removed = ref.versions.find(
    (r) => r.removed_at !== undefined && (r.id === text || r.removed_tags?.includes(text)),
  );
  const short = text.length < MIN_PREFIX ? ` (a version's beginning needs ${MIN_PREFIX} characters or more)` : "";
  return new SwError("VERSION_NOT_FOUND", `no version or tag ${text} of runtime ${ref.name}${short}`, {
    hint: removed
      ? `It has been removed; bring it back with: swcli runtime recover ${ref.name}/version/${text}`
      : `\`swcli runtime history ${ref.name}\` shows its versions.`,
  });
}
