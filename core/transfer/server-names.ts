/**
 * What a server takes as a name or tag, checked before anything is sent: it says so only after the last byte.
 * Tests: test/unit/core/transfer/server-names.test.ts
 */
import { SwError } from "#core/errors.ts";

/** Of runtimes and projects: stricter than ours. */
export const SERVER_NAME = /^[a-zA-Z][a-zA-Z\d_-]{2,80}$/;
export const NAME_RULE = "A server wants 3 to 81 letters, digits, `_` or `-` (no dot), the first one a letter.";

const SERVER_TAG = /^(?!latest$)(?!v\d+$)(?!\d+$)[\w._-]{2,80}$/;

/** @throws USAGE */
export function checkServerName(name: string): void {
  if (SERVER_NAME.test(name)) return;
  throw new SwError("USAGE", `a server does not take the runtime name ${JSON.stringify(name)}`, {
    hint: `${NAME_RULE} Give another name at the end of the destination.`,
    detail: { name },
  });
}

/** @throws USAGE */
export function checkServerTags(tags: readonly string[]): void {
  const refused = tags.find((tag) => !SERVER_TAG.test(tag));
  if (refused === undefined) return;
  throw new SwError("USAGE", `a server does not take the tag ${JSON.stringify(refused)}`, {
    hint: `A server wants 2 to 80 letters, digits, \`_\`, \`.\` or \`-\`, and not only digits. Leave it out with -i ${refused}.`,
    detail: { tag: refused },
  });
}
