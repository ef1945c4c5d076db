/** What `doctor` says: a line a thing, further lines below their own. */
import { safe } from "#cli/output/escape.ts";
import type { Out } from "#cli/output/out.ts";
import type { ResultOf } from "#core/protocol/methods.ts";

const WIDTH = 8;

export function doctorView({ checks }: ResultOf<"doctor.machine">, { paint }: Out): string {
  return checks
    .map(({ name, ok, text }) => {
      const [first = "", ...more] = text.split("\n").map((line) => safe(line));
      const head = `${paint.bold(name.padEnd(WIDTH))}${ok ? "" : "FAULT: "}${first}`;
      return [head, ...more.map((line) => " ".repeat(WIDTH) + line)].join("\n");
    })
    .join("\n");
}
