/** Real environments with nothing in them but Python: what is made, by whom, and what is left when it fails. */
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, readdir, rename, rm } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { uvPath } from "#core/engines/uv.ts";
import { markerPath, readMarker } from "#core/env/marker.ts";
import { readyEnv } from "#core/env/pointer.ts";
import { makeAt, restoreEnv } from "#core/env/restore.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import { tryFileLock } from "#core/platform/file-lock.ts";
import { putBlobBytes, readBlobText } from "#core/store/blobs.ts";
import { listLeases } from "#core/store/leases.ts";
import type { Version } from "#core/store/versions.ts";
import { type LockHome, lockHome, python3 } from "../lock/lock-home.ts";
import { packLocked } from "../ops/packed.ts";

const MINUTES = 60_000;
const LOCK = ".starwhale/lock/requirements-sw-lock.txt";

/** A locked version with one file; `mirror` makes it another version of the same environment. */
async function version(home: LockHome, mirror = "https://a.test/simple"): Promise<Version> {
  const yaml = `name: demo\nenvironment: { python: '${python3().minor}' }\nconfigs: { pip: { index_url: '${mirror}' } }\ndependencies: [{ files: [{ src: data, dest: share/data }] }]\n`;
  return await packLocked(home, { "runtime.yaml": yaml, data: "content" }, { [LOCK]: "" });
}

/** A uv that does as `script` says before it does its work. */
async function withUv(home: LockHome, script: string): Promise<Ctx> {
  const uv = await home.write("uv", `#!/bin/sh\ncd '${home.dir}'\n${script}\nexec '${await uvPath(home.ctx)}' "$@"\n`);
  await chmod(uv, 0o755);
  return home.withEnv({ SWCLI_UV: uv });
}

const envs = async ({ ctx }: LockHome) => (await readdir(ctx.paths.envs)).sort();

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; tries < 3000 && !what(); tries++) await Bun.sleep(10);
  expect(what()).toBe(true);
}

test(
  "versions with equal environments share one, made once however many ask at the same time",
  async () => {
    await using home = await lockHome();
    const [one, two] = [await version(home), await version(home, "https://b.test/simple")];
    expect(one.id).not.toBe(two.id);
    const all = await Promise.all([one, two, one, two, one].map((each) => restoreEnv(home.ctx, each)));
    const [{ marker } = { marker: undefined }] = all;
    expect(all.map((each) => each.marker)).toEqual(all.map(() => marker as never));
    expect(await envs(home)).toEqual([`${marker?.key}-1`, `${marker?.key}.json`]);
    expect(await readyEnv(home.ctx, one.id)).toEqual(marker);
    expect(await readyEnv(home.ctx, two.id)).toEqual(marker);
    expect(await Bun.file(`${marker?.prefix}/share/data`).text()).toBe("content");
    expect((await restoreEnv(home.ctx, two)).made).toBe(false);
    expect(await listLeases(home.ctx)).toEqual([]);
  },
  MINUTES,
);

test(
  "while it is made, a lease names its prefix and its files, and it has no marker",
  async () => {
    await using home = await lockHome();
    const own = await version(home);
    const seen: unknown[] = [];
    const { leases, envs: folder } = home.ctx.paths;
    const look = () => {
      const names = readdirSync(leases);
      seen.push(...readdirSync(folder), ...names.map((name) => JSON.parse(readFileSync(`${leases}/${name}`, "utf8"))));
    };
    const progress: Ctx["report"]["progress"] = ({ step }) => void (step === "venv" && look());
    const ctx: Ctx = { ...home.ctx, report: { ...home.ctx.report, progress } };
    const { marker, made } = await restoreEnv(ctx, own);
    expect(made).toBe(true);
    expect(seen).toEqual([
      expect.objectContaining({ name: `env-${marker.key}-1`, prefix: marker.prefix, digests: [sha256Hex("content")] }),
    ]);
  },
  MINUTES,
);

test(
  "what failed leaves no prefix, marker, lease or lock, and the next one makes it",
  async () => {
    await using home = await lockHome();
    const own = await version(home);
    const ctx = await withUv(
      home,
      '"$@" 2>/dev/null; mkdir -p "$(eval echo \\${$#})/bin"; echo "error: no luck today" >&2; exit 2',
    );
    for (const _ of [1, 2]) {
      const failed = { code: "ENV_BUILD_FAILED", message: expect.stringContaining("no luck today") };
      await expect(restoreEnv(ctx, own)).rejects.toMatchObject(failed);
      expect(await envs(home)).toEqual([]);
      expect(await listLeases(home.ctx)).toEqual([]);
      expect(await readyEnv(home.ctx, own.id)).toBeUndefined();
    }
    expect((await restoreEnv(home.ctx, own)).made).toBe(true);
  },
  MINUTES,
);

test(
  "a prefix that somebody died in is not used: the next one is made beside it",
  async () => {
    await using home = await lockHome();
    const own = await version(home);
    const first = (await restoreEnv(home.ctx, own)).marker;
    await rm(markerPath(home.ctx, first.key));
    const { marker, made } = await restoreEnv(home.ctx, own);
    expect([made, marker.key, marker.n]).toEqual([true, first.key, 2]);
    expect(await readyEnv(home.ctx, own.id)).toEqual(marker);
  },
  MINUTES,
);

test(
  "a fresh one takes the place of the old one, of which nothing stays",
  async () => {
    await using home = await lockHome();
    const own = await version(home);
    const first = (await restoreEnv(home.ctx, own)).marker;
    const { marker, made } = await restoreEnv(home.ctx, own, { fresh: true });
    expect([made, marker.n]).toEqual([true, 2]);
    expect(await readMarker(home.ctx, first.key)).toEqual(marker);
    expect(await envs(home)).toEqual([`${first.key}-2`, `${first.key}.json`]);
  },
  MINUTES,
);

test(
  "who waits for another process is told so, and takes what that one has made",
  async () => {
    await using home = await lockHome();
    const own = await version(home);
    const first = (await restoreEnv(home.ctx, own)).marker;
    const path = markerPath(home.ctx, first.key);
    await rename(path, `${path}.away`);
    const lock = tryFileLock(`${home.ctx.paths.locks}.env-${first.key}.lock`);
    const waiting = restoreEnv(home.ctx, own);
    await until(() => home.said.some((text) => text.startsWith("Waiting for another process")));
    await rename(`${path}.away`, path);
    lock?.release();
    expect(await waiting).toEqual({ marker: first, made: false });
  },
  MINUTES,
);

test(
  "who gives up while waiting makes nothing and holds nothing",
  async () => {
    await using home = await lockHome();
    const own = await version(home);
    const { key } = (await restoreEnv(home.ctx, own)).marker;
    await rm(markerPath(home.ctx, key));
    const path = `${home.ctx.paths.locks}.env-${key}.lock`;
    const lock = tryFileLock(path);
    const gone = new AbortController();
    const waiting = restoreEnv({ ...home.ctx, signal: gone.signal }, own);
    await until(() => home.said.some((text) => text.startsWith("Waiting for another process")));
    gone.abort();
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
    lock?.release();
    expect(await envs(home)).toEqual([`${key}-1`]);
    const free = tryFileLock(path);
    expect(free).toBeDefined();
    free?.release();
  },
  MINUTES,
);

test(
  "who may use the network does not fail with somebody who may not",
  async () => {
    await using home = await lockHome();
    const own = await version(home);
    const online = await withUv(
      home,
      'if [ -n "$UV_OFFLINE" ]; then echo >asked; while [ -e uv ] && [ ! -e go ]; do sleep 0.02; done; echo "error: offline" >&2; exit 2; fi',
    );
    const offline: Ctx = { ...online, env: { ...online.env, UV_OFFLINE: "1" } };
    const failing = restoreEnv(offline, own).catch((e: unknown) => e);
    await until(() => existsSync(`${home.dir}/asked`));
    const restoring = restoreEnv(online, own);
    await until(() => home.said.some((text) => text.startsWith("Waiting for another process")));
    await home.write("go", "");
    expect(await failing).toMatchObject({ code: "ENV_BUILD_FAILED" });
    expect((await restoring).made).toBe(true);
  },
  MINUTES,
);

test("a runtime that is locked for other kinds of machines is refused with their names, before anything is made", async () => {
  await using home = await lockHome();
  const own = await version(home);
  const manifest = await readBlobText(home.ctx, own.manifest);
  expect(manifest).toContain("platforms: []");
  const { sha256 } = await putBlobBytes(home.ctx, manifest.replace("platforms: []", "platforms: [plan9-mips]"));
  const refused = { code: "PLATFORM_NOT_COVERED", message: expect.stringContaining("plan9-mips") };
  const other = { ...own, id: "another", manifest: sha256 };
  await expect(restoreEnv(home.ctx, other)).rejects.toMatchObject(refused);
  expect(existsSync(home.ctx.paths.envs)).toBe(false);
});

test(
  "the same content at a path of one's own is no environment that others find",
  async () => {
    await using home = await lockHome();
    const own = await version(home);
    const prefix = `${home.dir}/mine`;
    const made = await makeAt(home.ctx, own, prefix);
    expect(made.mode).toBe("venv");
    expect(made.version).toStartWith(python3().minor);
    expect(await Bun.file(`${prefix}/share/data`).text()).toBe("content");
    expect(await readyEnv(home.ctx, own.id)).toBeUndefined();
    expect(existsSync(home.ctx.paths.envs)).toBe(false);
  },
  MINUTES,
);
