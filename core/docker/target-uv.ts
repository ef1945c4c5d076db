/**
 * uv for the platform of an image: ours where it fits, else the same version's wheel from the index, by its pinned hash.
 * Tests: test/e2e/dockerize-buildx.test.ts
 */
import { chmod, mkdir, rename } from "node:fs/promises";
import { indexSettings, NO_EXPLICIT_INDEX } from "#core/config/index-settings.ts";
import type { Ctx } from "#core/context.ts";
import { SOME_GLIBC, uvPlatform } from "#core/docker/base-libc.ts";
import { makeScratch } from "#core/docker/install-target.ts";
import type { ImagePlatform } from "#core/docker/platforms.ts";
import { runUv, UV_VERSION, uvPath } from "#core/engines/uv.ts";
import pin from "#core/engines/uv-pin.json" with { type: "json" };
import { SwError } from "#core/errors.ts";
import { removeTree } from "#core/platform/fs-atomic.ts";
import { redactUrl } from "#core/platform/redact.ts";
import { ingestPath } from "#core/store/blobs.ts";

/** Its program, on this machine. @throws SwError ENGINE_MISSING */
export async function targetUv(ctx: Ctx, platform: ImagePlatform): Promise<string> {
  if (isOurs(platform) && !ctx.env.SWCLI_UV) return await uvPath(ctx);
  const program = `${ctx.paths.tools}/uv-${UV_VERSION}-${platform.architecture}/uv`;
  if (await Bun.file(program).exists()) return program;
  ctx.report.progress({ step: "uv", text: `Getting uv ${UV_VERSION} for ${platform.name}` });
  await fetchUv(ctx, platform, program);
  return program;
}

const isOurs = ({ architecture }: ImagePlatform) =>
  process.platform === "linux" && architecture === (process.arch === "arm64" ? "arm64" : "amd64");

const wheelOf = ({ architecture }: ImagePlatform) => pin.wheels[architecture === "arm64" ? "linux-arm64" : "linux-x64"];

async function fetchUv(ctx: Ctx, platform: ImagePlatform, program: string): Promise<void> {
  const dir = await ingestPath(ctx);
  try {
    const scratch = await makeScratch(ctx, `${dir}/env`, "3.11");
    await Bun.write(`${dir}/uv.txt`, `uv==${UV_VERSION} --hash=sha256:${wheelOf(platform).sha256}\n`);
    const index = await indexSettings(ctx, NO_EXPLICIT_INDEX);
    const target = uvPlatform(platform, SOME_GLIBC);
    const python = ["--python", `${scratch.prefix}/bin/python`, "--python-platform", target];
    const only = ["--only-binary", ":all:", "--no-deps", "--require-hashes", ...index.args, "-r", `${dir}/uv.txt`];
    const got = await runUv(ctx, ["pip", "install", ...python, ...only], { env: index.env });
    if (got.exitCode !== 0) throw notHad(platform, got.stderr);
    await mkdir(program.slice(0, program.lastIndexOf("/")), { recursive: true });
    await chmod(`${scratch.prefix}/bin/uv`, 0o755);
    await rename(`${scratch.prefix}/bin/uv`, program);
  } finally {
    await removeTree(dir);
  }
}

const notHad = (platform: ImagePlatform, stderr: string) =>
  new SwError(
    "ENGINE_MISSING",
    `uv ${UV_VERSION} for ${platform.name} can't be had: ${redactUrl(stderr).trim().slice(0, 400)}`,
    {
      hint: "Is the package index reachable? The direct engine does not need it.",
    },
  );
