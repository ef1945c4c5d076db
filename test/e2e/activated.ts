/** What the tests of `runtime activate` share: built runtimes, the shells that start swcli, and a terminal to type into. */
import { expect } from "bun:test";
import { type Home, type RunOptions, SWCLI_BIN } from "../helpers/home.ts";

export const MINUTES = 60_000;
export const SHELLS = ["bash", "zsh", "fish", "dash"] as const;
export type Shell = (typeof SHELLS)[number];

/** Without the start files of the machine and of the person, who is somebody else here. */
export const QUIET: Readonly<Record<Shell, string[]>> = {
  bash: ["--noprofile", "--norc"],
  zsh: ["-f"],
  fish: ["--no-config"],
  dash: [],
};

/** A runtime with one package; `prepare` says whether its environment is made too. */
export async function buildRuntime(home: Home, name: string, options: { six?: string; prepare?: string } = {}) {
  const six = options.six ? `six==${options.six}` : "six";
  const yaml = `name: ${name}\nenvironment:\n  python: 3.11\ndependencies:\n  - pip:\n      - ${six}\n`;
  const dir = await home.project({ "runtime.yaml": yaml });
  const built = await home.run(["runtime", "build", "--prepare", options.prepare ?? "wait"], { cwd: dir });
  if (built.exitCode !== 0) throw new Error(built.stderr);
}

/** `swcli runtime activate` typed in `shell`, with `commands` on its stdin; the code is that of the sub-shell. */
export async function activateIn(
  home: Home,
  shell: Shell,
  commands: string,
  options: RunOptions & { uri?: string } = {},
) {
  // Another command behind it: the last one of `-c` would be exec'd, and the shell be nobody's parent.
  const code = shell === "fish" ? "$status" : "$?";
  const line = `"$SW" runtime activate ${options.uri ?? "demo"}; exit ${code}`;
  const env = { SW: SWCLI_BIN, SHELL: "/bin/false", ...options.env };
  return await home.exec([shell, ...QUIET[shell], "-c", line], { ...options, stdin: commands, env });
}

export interface Terminal {
  readonly pid: number;
  /** What is on it, escape sequences included. */
  readonly screen: () => string;
  /** Resolves when the screen holds it, looked for behind what was found last. */
  sees(text: string): Promise<void>;
  type(keys: string): void;
  /** The exit code of the program. */
  readonly exited: Promise<number>;
}

/** A program on a terminal of its own, with `$SW` in its environment. */
export function openTerminal(
  home: Home,
  argv: readonly string[],
  options: Pick<RunOptions, "cwd" | "env"> = {},
): Terminal {
  const words = argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const env = { ...home.env, SHELL: "/bin/sh", TERM: "xterm", SW: SWCLI_BIN, ...options.env };
  const child = Bun.spawn(["script", "-qec", `exec ${words}`, "/dev/null"], {
    cwd: options.cwd ?? home.dir,
    env,
    stdin: "pipe",
    stdout: "pipe",
    stderr: "ignore",
  });
  let screen = "";
  let from = 0;
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) screen += decoder.decode(chunk, { stream: true });
  })();
  return {
    pid: child.pid,
    screen: () => screen,
    exited: child.exited,
    type: (keys) => {
      child.stdin.write(keys);
      child.stdin.flush();
    },
    async sees(text) {
      for (let tries = 0; tries < 1500 && !screen.includes(text, from); tries++) await Bun.sleep(20);
      expect(screen.slice(from)).toContain(text);
      from = screen.indexOf(text, from) + text.length;
    },
  };
}
