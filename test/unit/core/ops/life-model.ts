/**
 * What building, tagging, removing, recovering, collecting, copying and activating mean, in the plainest words: lists
 * in memory, no files. The store is held against it. Versions are numbers of contents; time is a counter.
 */

export interface ModelVersion {
  id: string;
  at: number;
  /** Its tags at its removal; undefined while it lives. */
  removed?: string[];
  /** It went with the whole runtime. */
  whole?: boolean;
}

export interface ModelRuntime {
  seq: number;
  /** Oldest first. */
  versions: ModelVersion[];
  tags: Map<string, string>;
}

export type Outcome = "ok" | "RUNTIME_NOT_FOUND" | "VERSION_NOT_FOUND" | "TAG_TAKEN" | "TAG_NOT_FOUND" | "EXISTS";

export class LifeModel {
  readonly runtimes = new Map<string, ModelRuntime>();
  readonly envs = new Set<string>();
  /** Environments in use, with the time since when: an operation that runs keeps what came into the store since. */
  readonly held = new Map<string, number>();
  /** What the store holds, with the time at which an operation last put it there or relied on it. */
  readonly trees = new Map<string, number>();
  readonly blobs = new Map<string, number>();
  #time = 0;

  /** @param digests of a version: its content first, its manifest last */
  constructor(readonly digests: (id: string) => readonly string[]) {}

  live(name: string): ModelVersion[] {
    return (this.runtimes.get(name)?.versions ?? []).filter((version) => !version.removed);
  }

  get liveIds(): Set<string> {
    return new Set([...this.runtimes.keys()].flatMap((name) => this.live(name).map(({ id }) => id)));
  }

  get allIds(): Set<string> {
    return new Set([...this.runtimes.values()].flatMap(({ versions }) => versions.map(({ id }) => id)));
  }

  /** The manifest of a version that is there is not written again. */
  build(name: string, id: string): Outcome {
    const all = this.digests(id);
    this.#time += 1;
    for (const digest of this.trees.has(id) ? all.slice(0, -1) : all) this.blobs.set(digest, this.#time);
    return this.copy(name, id);
  }

  copy(name: string, id: string): Outcome {
    this.trees.set(id, ++this.#time);
    return this.#publish(name, id);
  }

  #publish(name: string, id: string): Outcome {
    const runtime = this.runtimes.get(name) ?? { seq: -1, versions: [], tags: new Map<string, string>() };
    this.runtimes.set(name, runtime);
    const known = runtime.versions.find((version) => version.id === id);
    if (!known) {
      runtime.seq += 1;
      runtime.versions.push({ id, at: ++this.#time });
      runtime.tags.set(`v${runtime.seq}`, id);
    } else if (known.removed) this.#revive(runtime, [known]);
    runtime.tags.set("latest", id);
    return "ok";
  }

  tag(name: string, id: string, tag: string, force: boolean): Outcome {
    const runtime = this.runtimes.get(name);
    if (!runtime) return "RUNTIME_NOT_FOUND";
    if (!this.live(name).some((version) => version.id === id)) return "VERSION_NOT_FOUND";
    const holder = runtime.tags.get(tag);
    if (holder !== undefined && holder !== id && !force) return "TAG_TAKEN";
    runtime.tags.set(tag, id);
    return "ok";
  }

  untag(name: string, tag: string): Outcome {
    const runtime = this.runtimes.get(name);
    if (!runtime) return "RUNTIME_NOT_FOUND";
    return runtime.tags.delete(tag) ? "ok" : "TAG_NOT_FOUND";
  }

  /** `id` undefined: all. */
  remove(name: string, id: string | undefined, force: boolean): Outcome {
    const runtime = this.runtimes.get(name);
    if (!runtime) return "RUNTIME_NOT_FOUND";
    const pool = force ? runtime.versions : this.live(name);
    const chosen = pool.filter((version) => id === undefined || version.id === id);
    if (chosen.length === 0) return id === undefined ? "RUNTIME_NOT_FOUND" : "VERSION_NOT_FOUND";
    if (force) this.#erase(name, chosen);
    else this.#retire(name, chosen);
    return "ok";
  }

  #retire(name: string, chosen: ModelVersion[]): void {
    const runtime = this.runtimes.get(name);
    const whole = chosen.length === this.live(name).length;
    for (const version of chosen) {
      const tags = [...(runtime?.tags ?? [])].filter(([, id]) => id === version.id).map(([tag]) => tag);
      version.removed = tags;
      if (whole) version.whole = true;
      for (const tag of tags) runtime?.tags.delete(tag);
    }
    if (runtime) this.#settle(runtime);
  }

  #erase(name: string, chosen: ModelVersion[]): void {
    const runtime = this.runtimes.get(name);
    if (!runtime) return;
    runtime.versions = runtime.versions.filter((version) => !chosen.includes(version));
    for (const [tag, id] of runtime.tags) if (chosen.some((version) => version.id === id)) runtime.tags.delete(tag);
    if (runtime.versions.length === 0) this.runtimes.delete(name);
    else this.#settle(runtime);
  }

  recover(name: string, id: string | undefined, force: boolean): Outcome {
    const runtime = this.runtimes.get(name);
    if (!runtime) return "RUNTIME_NOT_FOUND";
    const removed = runtime.versions.filter((version) => version.removed);
    if (id === undefined) {
      if (removed.length === 0) return "VERSION_NOT_FOUND";
      if (!force && this.live(name).length > 0 && removed.some((version) => version.whole)) return "EXISTS";
      this.#revive(runtime, removed);
      return "ok";
    }
    const chosen = runtime.versions.find((version) => version.id === id);
    if (!chosen) return "VERSION_NOT_FOUND";
    if (!chosen.removed && !force) return "EXISTS";
    this.#revive(runtime, chosen.removed ? [chosen] : []);
    return "ok";
  }

  #revive(runtime: ModelRuntime, chosen: ModelVersion[]): void {
    const heirs = chosen.filter((version) => version.removed?.includes("latest"));
    for (const version of [...chosen].sort((a, b) => b.at - a.at)) {
      for (const tag of version.removed ?? []) {
        if (tag !== "latest" && !runtime.tags.has(tag)) runtime.tags.set(tag, version.id);
      }
      version.removed = undefined;
    }
    for (const version of runtime.versions) version.whole = undefined;
    const holder = runtime.versions.find(({ id }) => id === runtime.tags.get("latest"));
    const newest = [...heirs, ...(holder ? [holder] : [])].sort((a, b) => b.at - a.at)[0];
    if (newest) runtime.tags.set("latest", newest.id);
    this.#settle(runtime);
  }

  #settle(runtime: ModelRuntime): void {
    const live = runtime.versions.filter((version) => !version.removed);
    if (live.some(({ id }) => id === runtime.tags.get("latest"))) return;
    const newest = live.sort((a, b) => a.at - b.at).at(-1);
    if (newest) runtime.tags.set("latest", newest.id);
    else runtime.tags.delete("latest");
  }

  activate(id: string): void {
    this.envs.add(id);
  }

  hold(id: string): void {
    this.held.set(id, ++this.#time);
  }

  gc(): void {
    for (const [name, { versions }] of [...this.runtimes]) {
      const removed = versions.filter((version) => version.removed);
      if (removed.length > 0) this.#erase(name, removed);
    }
    for (const id of this.envs) if (!this.liveIds.has(id) && !this.held.has(id)) this.envs.delete(id);
    const since = Math.min(Number.POSITIVE_INFINITY, ...this.held.values());
    for (const [id, time] of this.trees) if (!this.allIds.has(id) && time < since) this.trees.delete(id);
    const needed = new Set([...this.trees.keys()].flatMap(this.digests));
    for (const [digest, time] of this.blobs) if (!needed.has(digest) && time < since) this.blobs.delete(digest);
  }
}
