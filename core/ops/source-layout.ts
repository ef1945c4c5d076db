/**
 * Where the files lie that a runtime.yaml names: beside it, or, in an extracted runtime, in the package's own folders.
 * So an extracted runtime can be built again, and files that were added beside its yaml count too.
 * Tests: test/e2e/extract.test.ts
 */
import { existsSync } from "node:fs";
import type { RuntimeSpec } from "#core/manifest/spec.ts";
import { MANIFEST_NAME } from "#core/swrt/package-tree.ts";

type Kind = "dependencies" | "wheels" | "files";

export interface SourceLayout {
  /** The folder that requirement files are named from, relative to the yaml's: "" or "dependencies/". */
  readonly requirements: string;
  /** The path relative to the yaml's folder. */
  sourceOf(kind: Kind, path: string): string;
}

const BESIDE: SourceLayout = { requirements: "", sourceOf: (_kind, path) => path };

export function sourceLayout({ dir, dependencies }: Pick<RuntimeSpec, "dir" | "dependencies">): SourceLayout {
  if (!existsSync(`${dir}/${MANIFEST_NAME}`)) return BESIDE;
  const files = dependencies.flatMap((d) => (d.kind === "pip_req_file" ? d.path : []));
  const packed = files.length > 0 && files.every((path) => existsSync(`${dir}/dependencies/${path}`));
  return {
    requirements: packed ? "dependencies/" : "",
    sourceOf: (kind, path) => (existsSync(`${dir}/${kind}/${path}`) ? `${kind}/${path}` : path),
  };
}
