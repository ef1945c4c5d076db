/**
 * Secrets from a person or a pipe: typed without being shown, or the first line of stdin. The question goes to stderr.
 * Tests: test/e2e/instance.test.ts
 */
import { safe } from "#cli/output/escape.ts";
import { writeStderr } from "#cli/output/sink.ts";
import { SwError } from "#core/errors.ts";

/** Up to the first line's end, so that `echo … |` and a file with a last newline mean the same. */
export async function firstLineOfStdin(): Promise<string> {
  const text = await Bun.stdin.text();
  return text.split(/\r?\n/, 1)[0] ?? "";
}

/** @throws CANCELLED on Ctrl-C and Ctrl-D */
export async function askSecret(question: string): Promise<string> {
  const { stdin } = process;
  // Before the question: who answers fast must not see it echoed.
  stdin.setRawMode(true);
  stdin.resume();
  writeStderr(`${safe(question)}: `);
  try {
    return await typedLine(stdin);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    // Not a line of its own: that would be coloured as an error.
    writeStderr("\n\r");
  }
}

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const DELETE = "\u007f";

async function typedLine(stdin: NodeJS.ReadStream): Promise<string> {
  let typed: string[] = [];
  for await (const chunk of stdin) {
    for (const char of String(chunk)) {
      if (char === "\r" || char === "\n") return typed.join("");
      if (char === CTRL_C || char === CTRL_D) throw new SwError("CANCELLED", "cancelled");
      if (char === DELETE || char === "\b") typed = typed.slice(0, -1);
      else typed.push(char);
    }
  }
  return typed.join("");
}
