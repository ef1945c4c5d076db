/** Folders that spread their files over sub-folders of two characters (blobs, trees): listing them. */
import { namesIn } from "#core/platform/folder.ts";

export interface FanFile {
  name: string;
  path: string;
}

export async function listFanOut(dir: string): Promise<FanFile[]> {
  const folders = await namesIn(dir);
  const lists = await Promise.all(
    folders.map(async (folder) => {
      const names = await namesIn(`${dir}/${folder}`);
      return names.map((name) => ({ name, path: `${dir}/${folder}/${name}` }));
    }),
  );
  return lists.flat();
}
