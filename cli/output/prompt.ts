/**
 * Questions to the person at the terminal (consola, loaded only here).
 */
import { safe } from "#cli/output/escape.ts";

/** False also when the person interrupts; ask only where stdin is a terminal. */
export async function confirm(question: string): Promise<boolean> {
  const { consola } = await import("consola");
  const answer = await consola.prompt(safe(question), { type: "confirm", initial: false, cancel: "default" });
  return answer === true;
}

/** One line; "" when the person interrupts. */
export async function askText(question: string): Promise<string> {
  const { consola } = await import("consola");
  const answer = await consola.prompt(safe(question), { type: "text", cancel: "default" });
  return typeof answer === "string" ? answer.trim() : "";
}

/** Whether somebody can answer. */
export const canAsk = (): boolean => process.getBuiltinModule("node:tty").isatty(0);
