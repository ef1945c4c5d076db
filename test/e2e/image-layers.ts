/** What is in the layers of an image that was written as an OCI layout. */
import { join } from "node:path";
import type { Home } from "../helpers/home.ts";

export interface Layer {
  names: string[];
  /** Its text files in one. */
  text: string;
}

/** The layers of an OCI layout's only image, lowest first. */
export async function layersIn(home: Home, dir: string): Promise<Layer[]> {
  const blob = (digest: string) => join(dir, "blobs/sha256", digest.replace("sha256:", ""));
  const index = await Bun.file(join(dir, "index.json")).json();
  const { layers } = await Bun.file(blob(index.manifests[0].digest)).json();
  const all: Layer[] = [];
  for (const { digest } of layers) {
    const names = (await home.exec(["tar", "-tzf", blob(digest)])).stdout.trim().split("\n");
    all.push({ names, text: (await home.exec(["tar", "-xzOf", blob(digest)])).stdout });
  }
  return all;
}
