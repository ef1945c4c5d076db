/**
 * The options that may stand in a requirement file, as pip's optparse reads them. Knows words, not what they do.
 * Tests: test/unit/core/lock/requirement-options.test.ts
 */

/** Options by their long name; short ones and other spellings lead to it. True: it takes a value. */
const OPTIONS: Record<string, { value: boolean; also?: string[] }> = {
  "--requirement": { value: true, also: ["-r"] },
  "--constraint": { value: true, also: ["-c"] },
  "--editable": { value: true, also: ["-e"] },
  "--index-url": { value: true, also: ["-i", "--pypi-url"] },
  "--extra-index-url": { value: true },
  "--no-index": { value: false },
  "--find-links": { value: true, also: ["-f"] },
  "--no-binary": { value: true },
  "--only-binary": { value: true },
  "--prefer-binary": { value: false },
  "--require-hashes": { value: false },
  "--pre": { value: false },
  "--trusted-host": { value: true },
  "--use-feature": { value: true },
  "--hash": { value: true },
  "--global-option": { value: true },
  "--install-option": { value: true },
  "--config-settings": { value: true, also: ["-C", "--config-setting"] },
};

export interface Option {
  /** The long name. */
  name: string;
  value: string;
}

export interface SplitLine {
  /** What stands before the first option. */
  requirement: string;
  options: Option[];
}

/** A line that pip would not read; the message says why. */
export class OptionError extends Error {}

/**
 * Splits a logical line into its requirement and its options: the first blank-separated word with a dash ends the former.
 * @throws OptionError for an unknown option, a missing value or an open quote.
 */
export function splitLine(text: string): SplitLine {
  const words = text.split(/[ \t]/);
  const first = words.findIndex((word) => word.startsWith("-"));
  if (first < 0) return { requirement: text.trim(), options: [] };
  const requirement = words.slice(0, first).join(" ").trim();
  return { requirement, options: parseOptions(shellWords(words.slice(first).join(" "))) };
}

function parseOptions(words: string[]): Option[] {
  const options: Option[] = [];
  for (let i = 0; i < words.length; i++) {
    const { name, attached } = splitOption(words[i] ?? "");
    const takesValue = OPTIONS[name]?.value ?? false;
    if (!takesValue && attached !== undefined) throw new OptionError(`${name} takes no value`);
    const value = takesValue ? (attached ?? words[++i]) : "";
    if (value === undefined) throw new OptionError(`${name} needs a value`);
    options.push({ name, value });
  }
  return options;
}

/** `--name=value`, `-rvalue`, and what optparse allows: the unambiguous start of a long name. */
function splitOption(word: string): { name: string; attached?: string } {
  if (!word.startsWith("-")) throw new OptionError(`"${word}" is not an option`);
  if (word.startsWith("--")) {
    const equals = word.indexOf("=");
    const spelled = equals < 0 ? word : word.slice(0, equals);
    return { name: longName(spelled), attached: equals < 0 ? undefined : word.slice(equals + 1) };
  }
  return { name: longName(word.slice(0, 2)), attached: word.length > 2 ? word.slice(2) : undefined };
}

function longName(spelled: string): string {
  const all = Object.entries(OPTIONS).map(([name, { also = [] }]) => ({ name, spellings: [name, ...also] }));
  const exact = all.find(({ spellings }) => spellings.includes(spelled));
  if (exact) return exact.name;
  const close = all.filter(({ spellings }) => spelled.startsWith("--") && spellings.some((s) => s.startsWith(spelled)));
  const [only] = close;
  if (only && close.length === 1 && spelled.length > 2) return only.name;
  throw new OptionError(`${spelled} is not an option of a requirement file`);
}

/** Python's shlex.split: blanks part, quotes join, a backslash takes the next character as it is. */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? "";
    if (quote === "" && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (quote === "" && (char === "'" || char === '"')) {
      quote = char;
      word ??= "";
    } else if (char === quote) {
      quote = "";
    } else if (char === "\\" && quote !== "'") {
      word = (word ?? "") + (text[++i] ?? "");
    } else {
      word = (word ?? "") + char;
    }
  }
  if (quote !== "") throw new OptionError("a quote is not closed");
  if (word !== undefined) words.push(word);
  return words;
}
