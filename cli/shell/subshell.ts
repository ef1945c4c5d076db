/**
 * The shell to become when a runtime is activated in a sub-shell: program, arguments, environment. Pure.
 * Knows the start files that `rcFiles` of core renders; knows no daemon. Tests: test/unit/cli/shell/subshell.test.ts
 */
import type { ShellKind } from "#cli/shell/detect.ts";
import { fishQuote } from "#core/env/activation/quote.ts";

type Env = Readonly<Record<string, string | undefined>>;

export interface SubshellInput {
  shell: { kind: ShellKind; path: string };
  /** The folder with the rendered start files, absolute. */
  rcDir: string;
  env: Env;
  /** stdin is a terminal; else the shell reads its commands from it. */
  interactive: boolean;
}

export interface Exec {
  file: string;
  argv: string[];
  env: Record<string, string>;
}

/** What to execve; the environment itself is changed by the start files, after the user's own. */
export function subshell(input: SubshellInput): Exec {
  const { args, env } = START[input.shell.kind](input);
  const name = input.shell.path.slice(input.shell.path.lastIndexOf("/") + 1);
  return { file: input.shell.path, argv: [name, ...args], env: merged(input.env, env) };
}

type Start = (input: SubshellInput) => { args: string[]; env: Env };

const START: Readonly<Record<ShellKind, Start>> = {
  bash: ({ interactive, rcDir, env }) =>
    interactive
      ? { args: ["--rcfile", `${rcDir}/bashrc`, "-i"], env: {} }
      : { args: [], env: viaStartFile("BASH_ENV", "bashenv", { rcDir, env }) },
  zsh: ({ interactive, rcDir, env }) => ({
    args: interactive ? ["-i"] : [],
    env: { ZDOTDIR: `${rcDir}/zsh`, _SWRT_RC: rcDir, _SWRT_ZDOTDIR: env.ZDOTDIR },
  }),
  fish: ({ interactive, rcDir }) => ({
    args: [...(interactive ? ["-i"] : []), "-C", `source ${fishQuote(`${rcDir}/activate.fish`)}`],
    env: {},
  }),
  // Without a terminal a POSIX shell reads no start file: it sources ours, then its own stdin.
  sh: ({ interactive, rcDir, env }) =>
    interactive
      ? { args: ["-i"], env: viaStartFile("ENV", "shrc", { rcDir, env }) }
      : { args: ["-c", '. "$0"; . /dev/stdin', `${rcDir}/activate.sh`], env: {} },
};

// Shells expand BASH_ENV and ENV: a variable in them keeps the folder's own `$` and quotes from being read.
const viaStartFile = (name: "BASH_ENV" | "ENV", file: string, { rcDir, env }: { rcDir: string; env: Env }): Env => ({
  [name]: `$_SWRT_RC/${file}`,
  _SWRT_RC: rcDir,
  [`_SWRT_${name}`]: env[name],
});

/** `changes` over `env`; what is undefined in `changes` is not there at all. */
function merged(env: Env, changes: Env): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [key, value] of Object.entries({ ...env, ...changes })) {
    if (value !== undefined) out[key] = value;
  }
  return out;
}
