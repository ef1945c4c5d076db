/**
 * Which shell to activate in: the one that started us, else the user's `$SHELL`, else /bin/sh.
 * Knows nothing of activation. Tests: test/unit/cli/shell/detect.test.ts
 */

export type ShellKind = "bash" | "zsh" | "fish" | "sh";

export interface Shell {
  kind: ShellKind;
  path: string;
}

type Env = Readonly<Record<string, string | undefined>>;

const KINDS: Readonly<Record<string, ShellKind>> = {
  bash: "bash",
  rbash: "bash",
  zsh: "zsh",
  fish: "fish",
  sh: "sh",
  dash: "sh",
  ash: "sh",
  ksh: "sh",
  ksh93: "sh",
  mksh: "sh",
};

/** A parent that is no shell (make, Python, a terminal) gives `$SHELL`; a shell that we can't activate gives /bin/sh. */
export function detectShell(env: Env, ppid: number): Shell {
  return asShell(parentProgram(ppid)) ?? asShell(env.SHELL) ?? { kind: "sh", path: "/bin/sh" };
}

/** The absolute path of a usable shell, or undefined. A login shell calls itself `-bash`. */
function asShell(program: string | undefined): Shell | undefined {
  if (!program) return undefined;
  const path = program.replace(/^-/, "").replace(/ \(deleted\)$/, "");
  const kind = KINDS[path.slice(path.lastIndexOf("/") + 1)];
  if (kind === undefined) return undefined;
  // Bun.which also says whether an absolute path can be executed (an upgraded or removed shell can't).
  const found = Bun.which(path);
  return found ? { kind, path: found } : undefined;
}

function parentProgram(ppid: number): string | undefined {
  return process.platform === "linux" ? linuxProgram(ppid) : psProgram(ppid);
}

/** The executable's path; where it can't be read (another user's process) or is a multi-call binary, the name. */
function linuxProgram(ppid: number): string | undefined {
  // Loaded here and not above: the hot path of `run` must not pay for node:fs.
  const fs = process.getBuiltinModule("node:fs");
  const attempt = (read: () => string) => {
    try {
      return read();
    } catch {
      return undefined; // The parent may be gone or belong to somebody else; $SHELL is as good then.
    }
  };
  const exe = attempt(() => fs.readlinkSync(`/proc/${ppid}/exe`));
  if (exe !== undefined && asShell(exe)) return exe;
  return attempt(() => fs.readFileSync(`/proc/${ppid}/comm`, "utf8").trim());
}

function psProgram(ppid: number): string | undefined {
  const ps = Bun.spawnSync(["ps", "-o", "comm=", "-p", String(ppid)], { stderr: "ignore" });
  return ps.exitCode === 0 ? ps.stdout.toString().trim() : undefined;
}
