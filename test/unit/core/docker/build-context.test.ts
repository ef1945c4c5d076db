import { expect, test } from "bun:test";
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { withCtx } from "#core/context.ts";
import { contextFacts, writeContext } from "#core/docker/build-context.ts";
import { buildSettings } from "#core/docker/build-settings.ts";
import { PREFIX, WORKDIR } from "#core/docker/image-layout.ts";
import { UV_VERSION } from "#core/engines/uv.ts";
import type { Recipe } from "#core/env/recipe.ts";
import { putBlobBytes } from "#core/store/blobs.ts";
import type { Version } from "#core/store/versions.ts";
import { type StoreHome, storeHome } from "../store/store-home.ts";
import { recipe as plain, planOf } from "./subject.ts";

const HASHED = `six==1.16.0 \\\n    --hash=sha256:${"a".repeat(64)}\n`;

/** Writes a context with programs that stand for uv of both platforms. */
async function written(home: StoreHome, parts: Partial<Recipe> = {}, env: Record<string, string> = {}) {
  const ctx = withCtx(home.ctx, { env: { ...home.ctx.env, SWCLI_UV: "/own/uv", ...env } });
  for (const name of ["amd64", "arm64"]) {
    await home.write(`root/.store/v1/tools/uv-${UV_VERSION}-${name}/uv`, `uv of ${name}`);
  }
  const recipe = { ...plain, ...parts };
  const { sha256 } = await putBlobBytes(ctx, `version: ${"a".repeat(40)}\nenvironment: { python: '3.11' }\n`);
  const version: Version = { format: 1, id: "a".repeat(40), created_at: 0, manifest: sha256, size: 0, entries: [] };
  const dir = `${home.dir}/context`;
  const text = await writeContext(ctx, dir, {
    plan: planOf({ recipe, platforms: ["amd64", "arm64"] }),
    recipe,
    version,
    settings: await buildSettings(ctx, recipe),
  });
  return { dir, text, read: (path: string) => readFile(`${dir}/${path}`, "utf8") };
}

test("each platform has its uv, runnable and with one time, so that a second build finds the same context", async () => {
  await using home = await storeHome();
  const { dir, text, read } = await written(home);
  expect([await read("uv-amd64"), await read("uv-arm64")]).toEqual(["uv of amd64", "uv of arm64"]);
  const { mode, mtimeMs } = await stat(`${dir}/uv-arm64`);
  expect([mode & 0o777, mtimeMs]).toEqual([0o755, 0]);
  expect(await read("Dockerfile")).toBe(text);
});

test("locks are there when the runtime has them, and the Dockerfile asks for no others", async () => {
  await using home = await storeHome();
  const requirements = (await putBlobBytes(home.ctx, HASHED)).sha256;
  const vcs = (await putBlobBytes(home.ctx, `x @ git+https://h/r@${"c".repeat(40)}\n`)).sha256;
  const { text, read } = await written(home, { requirements, vcs });
  expect(await read("requirements.txt")).toBe(HASHED);
  expect(await read("vcs.txt")).toContain("git+https://h/r");
  expect(text).toContain("--require-hashes");
  const empty = (await putBlobBytes(home.ctx, "# nothing\n")).sha256;
  expect(await contextFacts(home.ctx, { ...plain, vcs: empty })).toEqual({
    ...{ ownPython: false, conda: false, hasLock: false, hashed: false, hasVcs: false, wheelPins: [] },
  });
  await using other = await storeHome();
  await written(other);
  expect((await readdir(`${other.dir}/context`)).sort()).toEqual([
    ...["Dockerfile", "ca.pem", "client.pem", "netrc", "root", "uv-amd64", "uv-arm64", "uv-platform.py", "uv.env"],
  ]);
});

test("carried wheels are there under their own names and are installed by them", async () => {
  await using home = await storeHome();
  const { sha256 } = await putBlobBytes(home.ctx, "wheel");
  const { text, read } = await written(home, { wheels: [{ name: "own-1.0-py3-none-any.whl", sha256 }] });
  expect(await read("wheels/own-1.0-py3-none-any.whl")).toBe("wheel");
  expect(text).toContain("own==1.0");
});

test("the client's index and certificates are for uv alone: a shell reads them back, others can't read the file", async () => {
  await using home = await storeHome();
  await home.write("links/own-1.0-py3-none-any.whl", "wheel");
  const authorities = await home.write("ca.pem", "CERTIFICATE");
  const env = {
    SSL_CERT_FILE: authorities,
    PIP_INDEX_URL: "https://me:it's$x@i.example/simple",
    PIP_FIND_LINKS: `${home.dir}/links`,
  };
  const { dir, read } = await written(home, {}, env);
  expect(await read("ca.pem")).toBe("CERTIFICATE");
  expect((await stat(`${dir}/uv.env`)).mode & 0o777).toBe(0o600);
  const shown = Bun.spawnSync(["/bin/sh", "-c", `. ${dir}/uv.env; env`], { env: {} }).stdout.toString();
  expect(shown).toContain("it's$x@i.example/simple");
  expect(shown).toContain("SSL_CERT_FILE=/swcli/ca.pem\n");
  expect(shown).not.toContain("UV_FIND_LINKS");
  expect(await read("Dockerfile")).not.toContain("i.example");
});

test("what is copied to / has the modes that an image has, whatever the umask of the builder", async () => {
  await using home = await storeHome();
  const { sha256, size } = await putBlobBytes(home.ctx, "#!/bin/sh\n");
  const files = [{ dest: "bin/tool.sh", entries: [{ path: "", mode: 0o700, type: "file" as const, size, sha256 }] }];
  const before = process.umask(0o077);
  const { dir } = await written(home, { files }).finally(() => process.umask(before));
  const mode = async (path: string) => (await stat(`${dir}/root${path}`)).mode & 0o777;
  expect(await mode(`${PREFIX}/bin/tool.sh`)).toBe(0o755);
  expect(await mode(`${WORKDIR}/_manifest.yaml`)).toBe(0o644);
  expect([await mode(""), await mode("/etc"), await mode("/opt"), await mode(WORKDIR)]).toEqual([
    ...[0o755, 0o755, 0o755, 0o755],
  ]);
  expect(await readlink(`${dir}/root${WORKDIR}/bin/tool.sh`)).toBe("../export/venv/bin/tool.sh");
});
