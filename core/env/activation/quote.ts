/**
 * The only place where a value becomes shell text: one function per family of shells.
 * Tests: test/unit/core/env/activation/quote.test.ts
 */

/** One word for bash, zsh, dash and any POSIX shell; newlines stay as they are. */
export const posixQuote = (value: string) => `'${value.replaceAll("'", `'\\''`)}'`;

/** The same for people to read: quoted only where it has to be. */
export const posixWord = (value: string) => (/^[\w@%+=:,./-]+$/.test(value) ? value : posixQuote(value));

/** One word for fish, whose single quotes know `\\` and `\'`. */
export const fishQuote = (value: string) => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** A name as it may stand in a prompt: what prompts expand (`\`, `$`, `%`, `!`, backticks, control characters) becomes `_`. */
export const promptText = (name: string) => name.replace(/[^\p{L}\p{N} ._@:+-]/gu, "_");
