/**
 * Where each installed package came from, and so how it can travel: by its pin from an index, by a commit, by a URL, or
 * only as a wheel that is carried in the package. Pure. Tests: test/unit/core/venv/origin.test.ts
 */
import { hasSecret, stripUserinfo } from "#core/platform/redact.ts";
import { type DirectUrl, type Distribution, recordedSha256 } from "#core/venv/distribution.ts";

export type Origin =
  | {
      kind: "index" | "url" | "vcs";
      requirement: string;
      /** `user:password` that stood in the address; the requirement is without it. */
      login?: string;
      distribution: Distribution;
    }
  /**
   * A project's folder, an editable or not; a wheel or archive file; a repository that only this machine can reach; a
   * record that can't be read.
   */
  | { kind: "editable" | "project" | "file" | "repository" | "unknown"; place: string; distribution: Distribution };

export type LocalOrigin = Exclude<Origin, { requirement: string }>;
export type RemoteOrigin = Extract<Origin, { requirement: string }>;

export const isLocal = (origin: Origin): origin is LocalOrigin => "place" in origin;
export const isRemote = (origin: Origin): origin is RemoteOrigin => !isLocal(origin);

export function originOf(distribution: Distribution): Origin {
  const { direct, name, version, site, info } = distribution;
  if (!direct) return { kind: "index", requirement: `${name}==${version}`, distribution };
  if (direct === "unreadable") return { kind: "unknown", place: `${site}/${info}/direct_url.json`, distribution };
  if (direct.vcs_info) return vcsOrigin(distribution, direct, direct.vcs_info);
  if (/^https?:/i.test(direct.url)) return urlOrigin(distribution, direct);
  const place = placeOf(direct.url);
  if (direct.dir_info) return { kind: direct.dir_info.editable ? "editable" : "project", place, distribution };
  return { kind: "file", place, distribution };
}

function vcsOrigin(distribution: Distribution, direct: DirectUrl, vcs: { vcs: string; commit_id: string }): Origin {
  const url = `${vcs.vcs}+${direct.url}`;
  if (vcs.vcs !== "git" || !/^(https?|ssh|git):/i.test(direct.url))
    return { kind: "repository", place: url, distribution };
  const folder = direct.subdirectory ? `#subdirectory=${direct.subdirectory}` : "";
  return remote("vcs", distribution, `${url}@${vcs.commit_id}${folder}`);
}

/** To the very file that was installed, where its installer wrote down which it was. */
function urlOrigin(distribution: Distribution, direct: DirectUrl): Origin {
  const sha256 = recordedSha256(direct);
  const folder = direct.subdirectory ? [`subdirectory=${direct.subdirectory}`] : [];
  const parts = [...folder, ...(sha256 ? [`sha256=${sha256}`] : [])];
  return remote("url", distribution, direct.url + (parts.length > 0 ? `#${parts.join("&")}` : ""));
}

function remote(kind: "url" | "vcs", distribution: Distribution, url: string): Origin {
  const login = hasSecret(url) ? /:\/\/([^/?#]*)@/.exec(url)?.[1] : undefined;
  const requirement = `${distribution.name} @ ${login === undefined ? url : stripUserinfo(url)}`;
  return { kind, requirement, ...(login !== undefined && { login }), distribution };
}

function placeOf(url: string): string {
  try {
    return Bun.fileURLToPath(url);
  } catch {
    // A record of another system, or a damaged one: shown as it is.
    return url;
  }
}
