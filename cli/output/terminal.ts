/**
 * What the terminal is and can show: is it one, how wide, does it want colours.
 * Asked lazily: `node:tty` costs about 3 ms and `process.stdout` 10 ms of a 5 ms start. Tests: test/unit/cli/output/views.test.ts
 */
import type { GlobalOptions } from "#cli/arg-def.ts";

type Env = Readonly<Record<string, string | undefined>>;

export function isTerminal(fd: 1 | 2, env: Env = process.env): boolean {
  // Bun knows from its start whether either stream can show colours; without NO_COLOR and FORCE_COLOR in the way
  // a "no" means that neither is a terminal, and the costly question is spared in every script.
  if (!Bun.enableANSIColors && env.NO_COLOR === undefined && env.FORCE_COLOR === undefined) return false;
  return process.getBuiltinModule("node:tty").isatty(fd);
}

/** Columns for text that is wrapped: COLUMNS, the terminal's own, else 80; never so narrow that words break. */
export function columns(isTty: boolean, env: Env = process.env): number {
  const given = Number.parseInt(env.COLUMNS ?? "", 10);
  const own = given > 0 ? given : isTty ? process.stdout.columns : 0;
  return Math.min(Math.max(own || 80, 40), 120);
}

/** https://no-color.org: set and not empty means no. */
export function wantsColor(when: GlobalOptions["color"], isTty: boolean, env: Env = process.env): boolean {
  if (when !== "auto") return when === "always";
  return isTty && !env.NO_COLOR && env.TERM !== "dumb";
}

/** Text in the given colours, or as it is. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

export function paint(enabled: boolean): Paint {
  const code = (on: number, off: number) => (text: string) => (enabled ? `\x1b[${on}m${text}\x1b[${off}m` : text);
  return { bold: code(1, 22), dim: code(2, 22), red: code(31, 39), yellow: code(33, 39), cyan: code(36, 39) };
}
