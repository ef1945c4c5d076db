/** The real store for the model test: the use cases in this process, on a disk in memory where there is one. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ctx } from "#core/context.ts";
import { fileStamp, MARKER_FORMAT, prefixPath, writeMarker } from "#core/env/marker.ts";
import { writePointer } from "#core/env/pointer.ts";
import { collectGarbage } from "#core/ops/collect-garbage.ts";
import { publishVersion } from "#core/ops/publish-version.ts";
import { recoverRuntime } from "#core/ops/recover-runtime.ts";
import { removeRuntime } from "#core/ops/remove-runtime.ts";
import { tagRuntime } from "#core/ops/tag-runtime.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import { silentReport } from "#core/report.ts";
import { putBlobBytes } from "#core/store/blobs.ts";
import { listFanOut } from "#core/store/fan-out.ts";
import { acquireLease, dropLease, type Lease, withLease } from "#core/store/leases.ts";
import type { RuntimeRef } from "#core/store/ref.ts";
import { readRef } from "#core/store/refs.ts";
import { keepVersion, putVersion, versionId } from "#core/store/versions.ts";
import { contextFor, createHost } from "#daemon/host.ts";

export class LifeStore implements AsyncDisposable {
  readonly #leases = new Map<string, Lease>();
  #time = 1000;

  private constructor(
    readonly ctx: Ctx,
    readonly root: string,
  ) {}

  static async make(): Promise<LifeStore> {
    const root = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "sw-life-"));
    const host = createHost({ root, locks: `${root}/locks`, longLived: true, background() {} });
    const call = { signal: new AbortController().signal, report: silentReport };
    const ctx = contextFor(host, { cwd: root, env: { HOME: root } }, call);
    // Each act has a time of its own, so that "newest" is never a draw.
    const clock = { now: () => store.#time };
    const store = new LifeStore({ ...ctx, clock }, root);
    return store;
  }

  tick(): void {
    this.#time += 1;
  }

  /** The id of a content, without building it. */
  static id(content: number): string {
    return versionId(LifeStore.#entries(content), {});
  }

  static #entries(content: number) {
    const text = (name: string) => `${name} ${content}`;
    const file = (path: string, body: string) => {
      return { path, mode: 0o644, type: "file" as const, size: body.length, sha256: sha256Hex(body) };
    };
    return [file("own", text("own")), file("shared", `shared ${content % 2}`)];
  }

  /** Digests of a content with its manifest. */
  static digests(content: number): string[] {
    return [...LifeStore.#entries(content).map(({ sha256 }) => sha256), sha256Hex(`manifest ${content}`)];
  }

  async build(project: string, name: string, content: number): Promise<void> {
    await withLease(this.ctx, async (ctx) => {
      await putBlobBytes(ctx, `own ${content}`);
      await putBlobBytes(ctx, `shared ${content % 2}`);
      const id = LifeStore.id(content);
      const version = (await keepVersion(ctx, id)) ?? (await this.#put(ctx, id, content));
      await publishVersion(ctx, { project, name, version, tags: [] });
    });
  }

  async #put(ctx: Ctx, id: string, content: number) {
    const manifest = await putBlobBytes(ctx, `manifest ${content}`);
    const entries = LifeStore.#entries(content);
    return await putVersion(ctx, { id, created_at: 1, manifest: manifest.sha256, size: 1, entries });
  }

  async copy(
    from: { project: string; name: string },
    id: string,
    to: { project: string; name: string },
  ): Promise<void> {
    await withLease(this.ctx, async (ctx) => {
      const version = await keepVersion(ctx, id);
      if (!version) throw new Error(`${from.name} has lost ${id}`);
      await publishVersion(ctx, { ...to, version, tags: [] });
    });
  }

  tag = (uri: string, tags: string[], force: boolean) =>
    tagRuntime(this.ctx, { uri, tags, remove: false, force, lenient: false });
  untag = (uri: string, tags: string[]) =>
    tagRuntime(this.ctx, { uri, tags, remove: true, force: false, lenient: false });
  remove = (uri: string, force: boolean) => removeRuntime(this.ctx, { uri, force });
  recover = (uri: string, force: boolean) => recoverRuntime(this.ctx, { uri, force });
  gc = () => withLease(this.ctx, (ctx) => collectGarbage(ctx, { dry_run: false, envs: false }));

  async activate(id: string): Promise<void> {
    const key = sha256Hex(id).slice(0, 32);
    const prefix = prefixPath(this.ctx, key, 1);
    await mkdir(`${prefix}/bin`, { recursive: true });
    await writeFile(`${prefix}/bin/python`, "");
    await mkdir(`${prefix}/lib/python3.11/site-packages`, { recursive: true });
    await writeFile(`${prefix}/pyvenv.cfg`, "");
    const python = { path: "/bin/sh", version: "3.11.0", stamp: fileStamp("/bin/sh") };
    await writeMarker(this.ctx, { format: MARKER_FORMAT, key, n: 1, prefix, mode: "venv", python, created_at: 1 });
    await writePointer(this.ctx, id, key);
  }

  async hold(id: string): Promise<void> {
    // The clock of the disk moves in steps; what was put in the step of the lease would count as its own.
    await Bun.sleep(12);
    const prefix = prefixPath(this.ctx, sha256Hex(id).slice(0, 32), 1);
    this.#leases.set(id, await acquireLease(this.ctx, { name: `hold-${id}`, prefix, digests: [] }));
  }

  async release(id: string): Promise<void> {
    const lease = this.#leases.get(id);
    if (lease) await dropLease(this.ctx, lease);
  }

  ref(project: string, name: string): Promise<RuntimeRef | undefined> {
    return readRef(this.ctx, project, name);
  }

  async trees(): Promise<string[]> {
    return (await listFanOut(this.ctx.paths.trees)).map(({ name }) => name.replace(".json", "")).sort();
  }

  async blobs(): Promise<string[]> {
    return (await listFanOut(this.ctx.paths.blobs)).map(({ name }) => name).sort();
  }

  /** Keys of whole environments. */
  async envs(): Promise<string[]> {
    if (!(await stat(this.ctx.paths.envs).catch(() => undefined))) return [];
    const names = await readdir(this.ctx.paths.envs);
    return names.filter((name) => names.includes(`${name.slice(0, 32)}.json`) && /-\d+$/.test(name)).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
