/** The daemon's log: its stderr is the log file, one line an event, with time and pid. */
import { redactUrl } from "#core/platform/redact.ts";

export function log(text: string): void {
  console.error(`${new Date().toISOString()} [${process.pid}] ${redactUrl(text)}`);
}
