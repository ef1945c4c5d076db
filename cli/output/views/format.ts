/**
 * Sizes, times and version ids as people read them. Pure text. Tests: test/unit/cli/output/views.test.ts
 */

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** `20.00KiB`: binary, two decimals, no blank. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 1023.996 KiB would be printed as 1024.00KiB.
  while (Number(value.toFixed(2)) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(2)}${UNITS[unit]}`;
}

/**
 * `2026-11-22 03:24:04 UTC`; "" for what is no time. Always UTC, as manifests have it: the same in every
 * terminal and pipe, and the first look at the local zone costs 6 ms, more than the start of the program.
 */
export function time(value: number | string | Date): string {
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? "" : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** `45s`, `3m20s`, `2h05m`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`;
}

/** The 12 characters that are shown unless `--fullname` asks for all 40. */
export const shortVersion = (version: string): string => version.slice(0, 12);
