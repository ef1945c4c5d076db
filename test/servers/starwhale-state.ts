/**
 * What the test server knows: users, projects, runtimes, versions, tags, trash. Rules as measured on the real server
 * (lookup, aliases, patterns); knows no HTTP.
 */

export interface StoredVersion {
  id: number;
  name: string;
  order: number;
  tags: Set<string>;
  /** The text of `_manifest.yaml` at the first upload; null for a server that lost it. */
  meta: string;
  bytes: Uint8Array;
  createdTime: number;
}

export interface StoredRuntime {
  id: number;
  name: string;
  createdTime: number;
  versions: StoredVersion[];
}

export interface TrashEntry {
  id: number;
  runtime: StoredRuntime;
  trashedTime: number;
}

export interface StoredProject {
  id: number;
  name: string;
  owner: string;
  privacy: "PRIVATE" | "PUBLIC";
  description: string | null;
  createdTime: number;
  deleted: boolean;
  runtimes: StoredRuntime[];
  trash: TrashEntry[];
}

export interface StoredUser {
  id: number;
  name: string;
  password: string;
  enabled: boolean;
}

/** The server's own patterns. */
export const NAME_PATTERN = /^[a-zA-Z][a-zA-Z\d_-]{2,80}$/;
export const TAG_PATTERN = /^(?!latest$)(?!v\d+$)(?!\d+$)[\w._-]{2,80}$/;

export class StarwhaleState {
  readonly users: StoredUser[] = [
    { id: 1, name: "starwhale", password: "abcd1234", enabled: true },
    { id: 2, name: "test", password: "test1234", enabled: false },
  ];
  readonly tokens = new Map<string, StoredUser>();
  readonly projects: StoredProject[] = [];
  #lastId = 0;

  constructor() {
    this.addProject("starwhale");
  }

  nextId(): number {
    return ++this.#lastId;
  }

  addProject(name: string, options: { owner?: string; privacy?: "PRIVATE" | "PUBLIC"; description?: string } = {}) {
    const project: StoredProject = {
      id: this.nextId(),
      name,
      owner: options.owner ?? "starwhale",
      privacy: options.privacy ?? "PRIVATE",
      description: options.description ?? null,
      createdTime: Date.now(),
      deleted: false,
      runtimes: [],
      trash: [],
    };
    this.projects.push(project);
    return project;
  }

  /** Digits are always an id; names ignore case; `owner:name` is exact about the owner. */
  findProject(url: string): StoredProject | "deleted" | undefined {
    if (/^\d+$/.test(url)) {
      const byId = this.projects.find((project) => project.id === Number(url));
      return byId?.deleted ? "deleted" : byId;
    }
    const [owner, name] = url.includes(":") ? url.split(":") : [undefined, url];
    const found = this.projects.filter(
      (project) =>
        !project.deleted &&
        project.name.toLowerCase() === name?.toLowerCase() &&
        (owner === undefined || project.owner === owner),
    );
    return found.length === 1 ? found[0] : undefined;
  }
}

export function findRuntime(project: StoredProject, url: string): StoredRuntime | undefined {
  return /^\d+$/.test(url)
    ? project.runtimes.find((runtime) => runtime.id === Number(url))
    : project.runtimes.find((runtime) => runtime.name === url);
}

/** All digits: an id; `v<digits>`: the order; `latest` in any case; else the full name, else a tag. No beginnings. */
export function findVersion(runtime: StoredRuntime, url: string): StoredVersion | undefined {
  if (/^\d+$/.test(url)) return runtime.versions.find((version) => version.id === Number(url));
  if (/^v\d+$/.test(url)) return runtime.versions.find((version) => version.order === Number(url.slice(1)));
  if (url.toLowerCase() === "latest") return latestOf(runtime);
  return (
    runtime.versions.find((version) => version.name === url) ??
    runtime.versions.find((version) => version.tags.has(url))
  );
}

/** The version with the highest order. */
export const latestOf = (runtime: StoredRuntime): StoredVersion | undefined =>
  runtime.versions.reduce<StoredVersion | undefined>(
    (best, version) => (best === undefined || version.order > best.order ? version : best),
    undefined,
  );

/**
 * The text of the first member whose name ends with `_manifest.yaml` and that is not empty; undefined when the bytes are
 * no plain tar with one. A scanner of its own: the product's reader must not judge the product's writer here.
 */
export function manifestInTar(bytes: Uint8Array): string | undefined {
  const text = (from: number, length: number) => Buffer.from(bytes.subarray(from, from + length)).toString("utf8");
  for (let at = 0; at + 512 <= bytes.length; ) {
    const name = text(at, 100).replace(/\0.*$/s, "");
    if (name === "") return undefined;
    if (text(at + 257, 5) !== "ustar") return undefined;
    const size = Number.parseInt(
      text(at + 124, 12)
        .replace(/\0.*$/s, "")
        .trim() || "0",
      8,
    );
    if (name.endsWith("_manifest.yaml") && size > 0) return text(at + 512, size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return undefined;
}
