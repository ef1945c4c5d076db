/**
 * The global options that stand before a command's name. Tests: test/unit/cli/run.test.ts
 */
import type { GlobalOptions } from "#cli/arg-def.ts";
import { applyOption, type Scan } from "#cli/arg-values.ts";
import { fromWord } from "#cli/arg-words.ts";
import { spellingsOf } from "#cli/spellings.ts";

/**
 * Reads leading options into `globals`; what is left begins with a word.
 * @throws SwError USAGE for an option that only a verb knows
 */
export function leadingGlobals(argv: readonly string[], globals: GlobalOptions): readonly string[] {
  const scan: Scan = { table: spellingsOf({}), globals, argv, at: 0, values: new Map(), words: [], rest: undefined };
  while (scan.at < argv.length && argv[scan.at]!.startsWith("-")) {
    const word = argv[scan.at++]!;
    for (const option of fromWord(word, scan.table)) applyOption(scan, option);
  }
  return argv.slice(scan.at);
}
