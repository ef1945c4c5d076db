/**
 * A Python for images whose base has none, or another: uv's download for the image's platform, as files below a folder of
 * their own. Nothing of it is run here. Tests: test/e2e/dockerize-python.test.ts
 */
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { managedPrefix } from "#core/docker/image-layout.ts";
import type { Target } from "#core/docker/install-target.ts";
import { layersFor } from "#core/docker/layer.ts";
import { fileEntry, layerEntries, linkEntry, textEntry } from "#core/docker/layer-entry.ts";
import type { Compression, Layer } from "#core/docker/layer-writer.ts";
import { type Move, movedText } from "#core/docker/moved-prefix.ts";
import { UV_VERSION } from "#core/engines/uv.ts";
import { SwError } from "#core/errors.ts";
import { removeTree } from "#core/platform/fs-atomic.ts";
import { downloadPython } from "#core/python/download.ts";
import { ingestPath } from "#core/store/blobs.ts";
import type { TarEntry } from "#core/swrt/tar-writer.ts";

/** The layer that holds it. @throws SwError IMAGE_FAILED (`detail.needs_python`) when uv can't get one */
export async function managedPythonLayer(ctx: Ctx, target: Target, compression: Compression): Promise<Layer[]> {
  const { platform, libc, python } = target;
  const list = ctx.env.UV_PYTHON_DOWNLOADS_JSON_URL ?? "";
  const key = { managed: python, platform: platform.name, libc: libc.kind, uv: UV_VERSION, list };
  return await withFolder(ctx, (dir) =>
    layersFor(ctx, { title: `Python ${python}`, key, compression }, async () => [
      await managedPythonEntries(ctx, target, dir),
    ]),
  );
}

async function withFolder<T>(ctx: Ctx, work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await ingestPath(ctx);
  try {
    return await work(dir);
  } finally {
    await removeTree(dir);
  }
}

/** Its files, got into `dir`, as members of the image. */
export async function managedPythonEntries(ctx: Ctx, { platform, libc, python }: Target, dir: string) {
  ctx.report.progress({
    step: `python-${platform.architecture}`,
    text: `Getting Python ${python} for ${platform.name}`,
  });
  const request = `cpython-${python}-linux-${platform.machine}-${libc.kind === "musl" ? "musl" : "gnu"}`;
  const failure = await downloadPython(ctx, request, dir);
  const found = failure === undefined ? await installedIn(dir) : undefined;
  if (found !== undefined) return layerEntries(await entriesBelow({ from: found, to: managedPrefix(python) }, ""));
  throw new SwError(
    "IMAGE_FAILED",
    `uv can't get Python ${python} for ${platform.name}: ${failure ?? "it left none"}`,
    {
      hint: `Name a base image with Python ${python} (--base-image, or environment.docker.image in the runtime.yaml), or a reachable mirror in UV_PYTHON_INSTALL_MIRROR.`,
      detail: { needs_python: python },
    },
  );
}

/** Beside it are uv's notes and a link with a shorter name. */
async function installedIn(dir: string): Promise<string | undefined> {
  const entries = await readdir(dir, { withFileTypes: true });
  const found = entries.find((entry) => entry.isDirectory() && entry.name.startsWith("cpython-"));
  return found && `${dir}/${found.name}`;
}

async function entriesBelow(move: Move, path: string): Promise<TarEntry[]> {
  const children = await readdir(`${move.from}${path}`, { withFileTypes: true });
  const kept = children.filter(({ name }) => name !== "__pycache__").sort((a, b) => (a.name < b.name ? -1 : 1));
  const entries: TarEntry[] = [];
  for (const child of kept) {
    const at = `${path}/${child.name}`;
    if (child.isDirectory()) entries.push(...(await entriesBelow(move, at)));
    else if (child.isSymbolicLink()) entries.push(linkEntry(`${move.to}${at}`, await readlink(`${move.from}${at}`)));
    else entries.push(await movedFile(move, at));
  }
  return entries;
}

// uv writes the folder of the install into build settings and scripts; larger files are programs and libraries.
const MAX_TEXT = 1024 * 1024;

async function movedFile(move: Move, path: string): Promise<TarEntry> {
  const source = `${move.from}${path}`;
  const { size, mode } = await lstat(source);
  const target = `${move.to}${path}`;
  if (size > MAX_TEXT || !/\.(py|pc|json|cfg|sh)$|\/bin\//.test(path)) return fileEntry(target, { source, size, mode });
  const bytes = await readFile(source);
  if (!bytes.includes(move.from)) return fileEntry(target, { source, size, mode });
  return textEntry(target, movedText(bytes, move), mode & 0o111 ? 0o755 : 0o644);
}
