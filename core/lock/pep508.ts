/**
 * The small grammars inside a requirement: version conditions (PEP 440) and environment markers (PEP 508).
 * Says yes or no; what they mean is uv's. Pure. Tests: test/unit/core/lock/pep508.test.ts
 */

const RELEASE = String.raw`v?(?:\d+!)?\d+(?:\.\d+)*`;
const PRE = String.raw`(?:[-_.]?(?:a|b|c|rc|alpha|beta|pre|preview)[-_.]?\d*)?`;
const POST = String.raw`(?:-\d+|[-_.]?(?:post|rev|r)[-_.]?\d*)?`;
const DEV = String.raw`(?:[-_.]?dev[-_.]?\d*)?`;
const LOCAL = String.raw`(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?`;
const VERSION = RELEASE + PRE + POST + DEV + LOCAL;
const EXACT = String.raw`(?:==|!=)\s*(?:${RELEASE}\.\*|${VERSION})`;
const CLAUSE = String.raw`(?:===\s*[^\s,;()]+|${EXACT}|(?:~=|<=|>=|<|>)\s*${VERSION})`;
const SPECIFIER = new RegExp(String.raw`^(?:${CLAUSE}(?:\s*,\s*${CLAUSE})*\s*,?)?$`, "i");

/** `>=1.0, <2`, also in parentheses, or nothing at all. */
export const isSpecifier = (text: string): boolean =>
  SPECIFIER.test(
    text
      .trim()
      .replace(/^\((.*)\)$/s, "$1")
      .trim(),
  );

const NAME =
  /^(python_version|python_full_version|os_name|sys_platform|platform_release|platform_system|platform_version|platform_machine|platform_python_implementation|implementation_name|implementation_version|extra|extras|dependency_groups|os\.name|sys\.platform|platform\.version|platform\.machine|platform\.python_implementation|python_implementation)\b/;
const STRING = /^("[^"]*"|'[^']*')/;
const OPERATOR = /^(===|==|~=|!=|<=|>=|<|>|in\b|not\s+in\b)/;

/** `a == "b" and (c >= "d" or e in "f")`. */
export function isMarker(text: string): boolean {
  const rest = disjunction(text.trimStart());
  return rest !== undefined && rest === "";
}

/** Each rule gives what is left after it, or undefined where it does not fit. */
type Rest = string | undefined;

const disjunction = (text: Rest): Rest => joined(text, /^or\b/, conjunction);
const conjunction = (text: Rest): Rest => joined(text, /^and\b/, comparison);

function joined(text: Rest, word: RegExp, part: (text: Rest) => Rest): Rest {
  let rest = part(text);
  while (rest !== undefined && word.test(rest)) rest = part(rest.replace(word, "").trimStart());
  return rest;
}

function comparison(text: Rest): Rest {
  if (text === undefined) return undefined;
  if (text.startsWith("(")) {
    const inner = disjunction(text.slice(1).trimStart());
    return inner?.startsWith(")") ? inner.slice(1).trimStart() : undefined;
  }
  return operand(eat(operand(text), OPERATOR));
}

const operand = (text: Rest): Rest => eat(text, NAME) ?? eat(text, STRING);

function eat(text: Rest, token: RegExp): Rest {
  const found = text === undefined ? null : token.exec(text);
  return found && text !== undefined ? text.slice(found[0].length).trimStart() : undefined;
}
