/** Runtimes for tests of images: one wheel made in the test and one file, so that no index is asked. */
import { join } from "node:path";
import type { Home } from "../helpers/home.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";

export interface ImageRuntime {
  readonly name?: string;
  /** Content of the file that is placed at bin/greet.sh. */
  readonly greeting?: string;
  /** Lines of yaml for the dependencies, indented by two. */
  readonly dependencies?: readonly string[];
  /** More files of the project. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** Lines of yaml at the top level. */
  readonly more?: readonly string[];
}

/** Builds it and gives its version. */
export async function buildForImage(home: Home, runtime: ImageRuntime = {}): Promise<{ version: string; dir: string }> {
  const { name = "demo", greeting = "hello", dependencies = [], files = {}, more = [] } = runtime;
  const lines = [
    `name: ${name}`,
    "dependencies:",
    "  - wheels: [wheels/tiny_pkg-1.0-py3-none-any.whl]",
    "  - files: [{ src: greet.sh, dest: bin/greet.sh }]",
    ...dependencies.map((line) => `  ${line}`),
    ...more,
    ...(more.some((line) => line.startsWith("environment:"))
      ? []
      : ["environment: { python: '3.11', arch: [amd64, arm64] }"]),
  ];
  const dir = await home.project({ ...files, "runtime.yaml": `${lines.join("\n")}\n` });
  await home.write(join(dir, "greet.sh"), `#!/bin/sh\necho ${greeting}\n`, 0o755);
  await makeWheel(join(dir, "wheels"), { name: "tiny-pkg" });
  const built = await home.run(["-o", "json", "runtime", "build", "--prepare", "no"], { cwd: dir });
  if (built.exitCode !== 0) throw new Error(built.stdout + built.stderr);
  return { version: built.json.version, dir };
}

/** `runtime dockerize … -o json`; fails the test with what was said. */
export async function dockerize(home: Home, ...args: string[]) {
  const ran = await home.run(["-o", "json", "runtime", "dockerize", "demo", ...args]);
  if (ran.exitCode !== 0) throw new Error(ran.stdout + ran.stderr);
  return ran.json;
}
