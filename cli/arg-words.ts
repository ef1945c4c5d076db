/**
 * Reads one word that begins with a dash as options: `--tag=x`, `-del`, `-rq`, `-vvv`, `-tVALUE`.
 * Owns: what counts as unambiguous, and the error with a suggestion for what does not. Tests: test/unit/cli/args.test.ts
 */
import type { Option, Spellings } from "#cli/spellings.ts";
import { didYouMean } from "#cli/suggest.ts";
import { SwError } from "#core/errors.ts";

export interface GivenOption {
  readonly option: Option;
  /** As written, for messages. */
  readonly spelling: string;
  /** The value that came in the same word. */
  readonly attached: string | undefined;
}

/** @throws SwError USAGE when no option is meant, or more than one could be. */
export function fromWord(word: string, table: Spellings): GivenOption[] {
  const equals = word.indexOf("=");
  const spelling = equals < 0 ? word : word.slice(0, equals);
  const attached = equals < 0 ? undefined : word.slice(equals + 1);
  const option = table.find(spelling);
  if (option) return [{ option, spelling, attached }];
  const short = word.startsWith("--") ? undefined : (cluster(word, table) ?? glued(word, table));
  if (!short) throw unknown(spelling, table);
  return short;
}

/** `-rq`: every letter must be a flag. */
function cluster(word: string, table: Spellings): GivenOption[] | undefined {
  const given: GivenOption[] = [];
  for (const letter of word.slice(1)) {
    const option = table.find(`-${letter}`);
    if (!option || option.def.type === "string") return undefined;
    given.push({ option, spelling: `-${letter}`, attached: undefined });
  }
  return given;
}

/**
 * `-tVALUE`. Refused where it could be a slip: another short begins alike (`-dle` for `-del`), a long option does
 * (`-tag`), or the letter is a global flag elsewhere (`build -vv`, where -v is --venv).
 */
function glued(word: string, table: Spellings): GivenOption[] | undefined {
  const spelling = word.slice(0, 2);
  const body = word.slice(1);
  const option = table.find(spelling);
  if (option?.def.type !== "string" || option.def.optionalValue !== undefined) return undefined;
  if (table.shadowed(spelling) && repeatsLetter(body)) return undefined;
  const looksLike = (other: string) =>
    other.startsWith(`--${body}`) || (!other.startsWith("--") && other.length > 2 && other.startsWith(spelling));
  if (table.all.some(looksLike)) return undefined;
  return [{ option, spelling, attached: word.slice(2) }];
}

const repeatsLetter = (text: string) => [...text].every((letter) => letter === text[0]);

function unknown(spelling: string, table: Spellings): SwError {
  const bare = spelling.replace(/^-+/, "");
  const shadowed = repeatsLetter(bare) ? table.shadowed(`-${bare[0]}`) : undefined;
  if (shadowed) {
    const { own, global } = shadowed;
    return new SwError("USAGE", `unknown option ${spelling}`, { hint: `Here -${bare[0]} is ${own}; write ${global}.` });
  }
  const otherDashes = [`--${bare}`, `-${bare}`].find((other) => table.find(other));
  const hint = otherDashes ? `Did you mean ${otherDashes}?` : didYouMean(spelling, table.all);
  return new SwError("USAGE", `unknown option ${spelling}`, { hint });
}
