/** A window of a real tmux to type into: it answers what programs ask of a terminal, and shows what a person would see. */
import { expect } from "bun:test";
import { type Home, type RunOptions, SWCLI_BIN } from "../helpers/home.ts";

export interface TmuxWindow extends AsyncDisposable {
  /** Resolves when the window shows it, what has scrolled away included. */
  sees(text: string): Promise<void>;
  /** Keys as they are; a line ends with "\n". */
  type(keys: string): Promise<void>;
  /** What it shows now, with what has scrolled away. */
  screen(): Promise<string>;
}

// A server that is about to end takes a new window, and ends.
let windows = 0;

/** Starts `argv` in a new window of a server of its own, with `$SW` in its environment. */
export async function openTmux(
  home: Home,
  argv: readonly string[],
  options: Pick<RunOptions, "cwd" | "env"> = {},
): Promise<TmuxWindow> {
  const server = `w${++windows}`;
  const env = { TMUX_TMPDIR: home.dir, TMUX: undefined, TERM: "xterm-256color", SW: SWCLI_BIN, ...options.env };
  const tmux = async (...words: string[]) =>
    await home.exec(["tmux", "-L", server, "-f", "/dev/null", ...words], { cwd: options.cwd, env });
  const started = await tmux("new-session", "-d", "-x", "200", "-y", "50", ...argv);
  if (started.exitCode !== 0) throw new Error(started.stderr);
  const screen = async () => (await tmux("capture-pane", "-p", "-J", "-S", "-")).stdout;
  return {
    screen,
    async type(keys) {
      expect(await tmux("send-keys", "-l", keys.replaceAll("\n", "\r"))).toMatchObject({ exitCode: 0 });
    },
    async sees(text) {
      for (let tries = 0; tries < 300 && !(await screen()).includes(text); tries++) await Bun.sleep(50);
      expect(await screen()).toContain(text);
    },
    async [Symbol.asyncDispose]() {
      await tmux("kill-server");
    },
  };
}
