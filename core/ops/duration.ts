/** `30d`, `12h`: how people write durations. Pure. Tests: test/unit/core/ops/list-filter.test.ts*/
import { SwError } from "#core/errors.ts";

const UNITS = new Map([
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
  ["w", 7 * 86_400_000],
]);

/** Milliseconds. @throws USAGE */
export function parseDuration(text: string): number {
  const [, number, unit = ""] = /^(\d{1,9}(?:\.\d+)?)\s*([smhdw])$/.exec(text) ?? [];
  const factor = UNITS.get(unit);
  if (number !== undefined && factor !== undefined) return Number(number) * factor;
  throw new SwError("USAGE", `${JSON.stringify(text)} is no duration`, { hint: "Write 12h, 30d or 2w." });
}
