/**
 * Keeps names and values of others from steering the terminal. Pure text. Tests: test/unit/cli/output/views.test.ts
 */

/** One line of text with every control character (C0, DEL, C1, bidi overrides) written as an escape. */
export const safe = (text: string): string => (isPlain(text) ? text : text.replace(CONTROL, escapeChar));

/** Printable ASCII. A loop, since compiling the expression below costs more than the start of a small table. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

/** Like `safe`, for text of several lines: line ends and tabs stay. */
export const safeLines = (text: string): string => text.replace(CONTROL_IN_LINES, escapeChar);

/** JSON whose control characters are all escaped (JSON itself asks it of C0 only); stays the same document. */
export const safeJson = (value: unknown): string =>
  (JSON.stringify(value, null, 2) ?? "null").replace(BEYOND_C0, unicodeEscape);

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;
const CONTROL_IN_LINES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;
const BEYOND_C0 = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

const NAMED: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escapeChar(char: string): string {
  const code = char.charCodeAt(0);
  return NAMED[char] ?? (code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : unicodeEscape(char));
}

const unicodeEscape = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
