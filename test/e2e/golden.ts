/** The packages that the Python client made (test/fixtures/golden), and a store of its as it leaves them. */
import { copyFile, mkdir, readFile, utimes } from "node:fs/promises";
import { join, resolve } from "node:path";

export const GOLDENS = [
  { folder: "g01-yaml-simple", name: "demo3", id: "hjehudilnwl6eaev57aqhsofdzg6noqeplwycwrt" },
  { folder: "g02-yaml-full", name: "Demo-Full", id: "443rh45f5nxwj2bpp3tjynlskyozaoincg4khjvi" },
  { folder: "g03-yaml-nolock", name: "demo3", id: "k7npbamqxaya3nbk6go6xwlhtrsonpjypqbebmwm" },
  { folder: "g06-docker", name: "pytorch", id: "rozznzxyw324rawiqug2b52cajpvyxnakskgpalc" },
] as const;

export const golden = (folder: string, file: string): string =>
  resolve(import.meta.dir, "../fixtures/golden", folder, file);

/** Lays the packages and tag tables where the Python client has them; the table of the last one of a name counts. */
export async function leaveGoldens(root: string, project = "self"): Promise<void> {
  for (const [i, { folder, name, id }] of GOLDENS.entries()) {
    const dir = join(root, project, "runtime", name);
    const file = join(dir, id.slice(0, 2), `${id}.swrt`);
    await mkdir(join(dir, id.slice(0, 2)), { recursive: true });
    await copyFile(golden(folder, `${id}.swrt`), file);
    await copyFile(golden(folder, "tag_manifest.yaml"), join(dir, "_manifest.yaml"));
    const time = 1_700_000_000 + i;
    await utimes(file, time, time);
  }
}

/** Every file of theirs with its bytes' digest and time. */
export async function theirFiles(root: string, project = "self"): Promise<string[]> {
  const dir = join(root, project, "runtime");
  const files = await Array.fromAsync(new Bun.Glob("**/*").scan({ cwd: dir, dot: true }));
  const lines = files.map(async (file) => {
    const digest = new Bun.CryptoHasher("sha256").update(await readFile(join(dir, file))).digest("hex");
    return `${file} ${digest} ${(await Bun.file(join(dir, file)).stat()).mtimeMs}`;
  });
  return (await Promise.all(lines)).sort();
}
