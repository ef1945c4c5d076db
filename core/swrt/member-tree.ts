/**
 * Whether the members of a package fit together: no name twice, nothing below a file or a link, no link that leaves.
 * Used on both sides, so what we write can always be read. Knows nothing of tar. Tests: test/unit/core/swrt/member-tree.test.ts
 */
import { parentPaths } from "#core/swrt/member-path.ts";
import { memberInvalid } from "#core/swrt/package-error.ts";

/** A member with its path in normal form (see `memberPath`). */
export interface Member {
  readonly path: string;
  readonly type: "file" | "dir" | "symlink";
  readonly link?: string;
}

export interface MemberTree {
  /** @throws SwError PACKAGE_INVALID when the member clashes with one before it or its link leaves by itself. */
  add(member: Member): void;
  /** To be called when all are known: a link may leave through another one that came later. */
  checkLinks(): void;
}

// What the Linux kernel follows in one path; a longer chain could not be opened anyway.
const MAX_LINKS_FOLLOWED = 40;
// Bounds the time that a hostile pair of long links can cost.
const MAX_STEPS = 4096;

/** Collects members and refuses those that don't fit; holds names and link targets only. */
export function memberTree(): MemberTree {
  const declared = new Map<string, Member>();
  const folders = new Set<string>();
  const links = new Map<string, string>();

  const add = (member: Member): void => {
    const { path, type } = member;
    if (declared.has(path)) throw memberInvalid(path, "appears twice");
    if (folders.has(path) && type !== "dir") throw memberInvalid(path, "is both a folder and something else");
    for (const parent of parentPaths(path)) {
      const above = declared.get(parent);
      if (above !== undefined && above.type !== "dir") throw memberInvalid(path, `lies below a ${above.type}`);
      folders.add(parent);
    }
    declared.set(path, member);
    if (type === "symlink") {
      checkTarget(path, member.link ?? "");
      links.set(path, member.link ?? "");
    }
  };

  const checkLinks = (): void => {
    for (const path of links.keys()) follow(path, links);
  };

  return { add, checkLinks };
}

/** Checks a finished list at once. */
export function checkMembers(members: readonly Member[]): void {
  const tree = memberTree();
  for (const member of members) tree.add(member);
  tree.checkLinks();
}

function checkTarget(path: string, link: string): void {
  if (link === "" || link.includes("\0")) throw memberInvalid(path, "is a symlink without a usable target");
  if (!link.isWellFormed()) throw memberInvalid(path, "is a symlink to a name that is not valid Unicode");
  if (/^([/\\]|[A-Za-z]:[/\\])/.test(link)) throw leaves(path, link);
  if (link.includes("\\") && link.split(/[/\\]/).includes("..")) throw leaves(path, link);
  follow(path, new Map([[path, link]]));
}

/** Walks one link as the kernel would, through the other links, and refuses the step above the root. */
function follow(path: string, links: ReadonlyMap<string, string>): void {
  const folders: string[] = [];
  const todo = path.split("/").reverse();
  let steps = 0;
  let followed = 0;
  for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
    if (++steps > MAX_STEPS) throw endless(path);
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (folders.pop() === undefined) throw leaves(path, links.get(path) ?? "");
      continue;
    }
    const above = folders.at(-1);
    const here = above === undefined ? part : `${above}/${part}`;
    const target = links.get(here);
    if (target === undefined) folders.push(here);
    else if (++followed > MAX_LINKS_FOLLOWED) throw endless(path);
    else todo.push(...target.split("/").reverse());
  }
}

const endless = (path: string) => memberInvalid(path, "is a symlink that never ends");

const leaves = (path: string, link: string) =>
  memberInvalid(path, `is a symlink that leaves the package (to ${JSON.stringify(link)})`, "Pack the file itself.");
