/**
 * What a name may look like, and what no URI may contain. Every word that becomes part of a path passes here.
 * Pure. Tests: test/unit/core/uri/parse.test.ts
 */
import { SwError } from "#core/errors.ts";

// None of these can begin with a dot or hold a slash, so none can leave its folder.
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,79}$/;
const VERSION = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/;
const SERVER_PROJECT = /^(?:[A-Za-z0-9_][A-Za-z0-9_.@-]{0,79}:)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/;

/** Names of runtimes, local projects and tags: 1 to 80 characters, a letter or `_` first. */
export const isName = (text: string): boolean => NAME.test(text);

/** A version id, a unique prefix of one, a tag or `vN`. */
export const isVersion = (text: string): boolean => VERSION.test(text);

/** A server also knows ids (digits) and `owner:project`. */
export const isServerProject = (text: string): boolean => SERVER_PROJECT.test(text);

/** A server's console names runtimes by id. */
export const isServerName = (text: string): boolean => isName(text) || /^\d{1,20}$/.test(text);

/**
 * Refuses what can't be any URI before it is looked at more closely.
 * @throws SwError URI_INVALID
 */
export function screen(text: string): void {
  if (text.length > MAX_LENGTH) throw invalidUri(text, `it is longer than ${MAX_LENGTH} characters`);
  if (/[\0-\x20\x7f-\uffff]/.test(text)) throw invalidUri(text, "it holds spaces, control or non-ASCII characters");
  if (/[%\\]/.test(text)) throw invalidUri(text, "it holds an escape");
}

const MAX_LENGTH = 1024;

/** The error of everything in this room; long and unprintable input is shown shortened and quoted. */
export function invalidUri(text: string, why: string, hint: string = FORMS): SwError {
  const shown = shorten(text);
  return new SwError("URI_INVALID", `invalid URI ${shown}: ${why}`, { hint, detail: { uri: shown } });
}

const FORMS = "A runtime is NAME[/version/VERSION] or INSTANCE/project/PROJECT/runtime/NAME[/version/VERSION].";

/** Quoted, cut, and without a password that a URL may carry. */
function shorten(text: string): string {
  const plain = text.replace(/\/\/[^/@]*@/, "//***@");
  return JSON.stringify(plain.length > SHOWN ? `${plain.slice(0, SHOWN)}…` : plain);
}

const SHOWN = 120;
