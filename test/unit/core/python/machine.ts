/**
 * A machine in a temporary folder with Pythons where a test wants them: programs that answer like one of any version,
 * scripts that don't, and links to the real one. Nothing of the developer's own PATH or home is seen.
 */
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Ctx } from "#core/context.ts";
import { Flights } from "#core/flight.ts";
import { Memo } from "#core/memo.ts";
import type { Env } from "#core/platform/env.ts";
import { storePaths } from "#core/platform/paths.ts";

export interface Machine extends AsyncDisposable {
  readonly dir: string;
  /** The paths of the fakes that were started, in order. */
  starts(): Promise<string[]>;
  ctx(parts?: Partial<Ctx>, env?: Env): Ctx;
  /** A program that answers as a Python of this version would. */
  fake(path: string, answer: Answer): Promise<string>;
  /** A shell script with this body. */
  script(path: string, body: string): Promise<string>;
  link(path: string, target: string): Promise<string>;
}

export interface Answer {
  version: string;
  level?: string;
  implementation?: string;
  abiflags?: string;
  is64?: boolean;
}

export async function machine(): Promise<Machine> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), "sw-py-")));
  const put = async (path: string, text: string, mode = 0o755): Promise<string> => {
    const full = join(dir, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, text);
    await chmod(full, mode);
    return full;
  };
  return {
    dir,
    starts: async () =>
      (
        await Bun.file(join(dir, "starts"))
          .text()
          .catch(() => "")
      )
        .split("\n")
        .filter(Boolean),
    ctx: (parts = {}, env = {}) => contextOf(dir, parts, env),
    fake: (path, answer) => put(path, program(dir, path, answer)),
    script: (path, body) => put(path, `#!/bin/sh\n${body}\n`),
    link: async (path, target) => {
      const full = join(dir, path);
      await mkdir(dirname(full), { recursive: true });
      await symlink(target, full);
      return full;
    },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

function contextOf(dir: string, parts: Partial<Ctx>, env: Env): Ctx {
  return {
    env: { HOME: dir, PATH: join(dir, "bin"), ...env },
    cwd: dir,
    clock: { now: () => Date.now() },
    paths: storePaths(join(dir, "root")),
    signal: new AbortController().signal,
    report: { progress() {}, log() {}, warn() {} },
    memo: new Memo(),
    longLived: false,
    flights: new Flights(),
    background() {},
    async takeTurn() {},
    ...parts,
  };
}

/** It gives itself as sys.executable, as a wrapper does that keeps its name: a shim names another file. */
function program(dir: string, path: string, answer: Answer): string {
  const { version, level = "final", implementation = "cpython", abiflags = "", is64 = true } = answer;
  const lines = [
    "swcli",
    version,
    level,
    implementation,
    "",
    abiflags,
    is64 ? "True" : "False",
    "linux",
    "x86_64",
    `${version} (fake)`,
    "False",
  ];
  const said = [...lines, join(dir, path)].map((line) => `'${line}'`).join(" ");
  return `#!/bin/sh\necho '${path}' >> '${dir}/starts'\nprintf '%s\\n' ${said}\n`;
}
