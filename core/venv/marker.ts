/**
 * Environment markers (PEP 508): does `python_version >= "3.8" and extra == "x"` hold here?
 * Pure. Tests: test/unit/core/venv/marker.test.ts
 */
import { compareVersions, meets } from "#core/venv/pep440.ts";

export type MarkerEnv = Readonly<Record<string, string>>;

/** The variables of a CPython of this version on a platform such as "linux-x86_64". */
export function markerEnv(pythonVersion: string, platform: string): MarkerEnv {
  const [system = "linux", machine = ""] = platform.split("-");
  return {
    implementation_name: "cpython",
    implementation_version: pythonVersion,
    os_name: "posix",
    platform_machine: machine,
    platform_python_implementation: "CPython",
    platform_release: "",
    platform_system: system === "darwin" ? "Darwin" : "Linux",
    platform_version: "",
    python_full_version: pythonVersion,
    python_version: pythonVersion.split(".").slice(0, 2).join("."),
    sys_platform: system,
    extra: "",
  };
}

const TOKEN = /\s*(\(|\)|"[^"]*"|'[^']*'|===|==|~=|!=|<=|>=|<|>|[A-Za-z_][A-Za-z0-9_.]*)/y;

/** An unreadable marker is taken for true: its package was installed by somebody who could read it. */
export function markerHolds(marker: string, env: MarkerEnv): boolean {
  const tokens = tokenize(marker);
  if (!tokens) return true;
  const cursor: Cursor = { tokens, at: 0, env };
  return readOr(cursor);
}

interface Cursor {
  readonly tokens: readonly string[];
  readonly env: MarkerEnv;
  at: number;
}

function tokenize(marker: string): string[] | undefined {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < marker.trimEnd().length) {
    const match = TOKEN.exec(marker);
    if (!match?.[1]) return undefined;
    tokens.push(match[1]);
  }
  return tokens;
}

/** Both sides are always read: the cursor has to move on. */
function readOr(cursor: Cursor): boolean {
  let value = readAnd(cursor);
  while (take(cursor, "or")) value = readAnd(cursor) || value;
  return value;
}

function readAnd(cursor: Cursor): boolean {
  let value = readAtom(cursor);
  while (take(cursor, "and")) value = readAtom(cursor) && value;
  return value;
}

function readAtom(cursor: Cursor): boolean {
  if (take(cursor, "(")) {
    const value = readOr(cursor);
    take(cursor, ")");
    return value;
  }
  const left = cursor.tokens[cursor.at++] ?? "";
  const operator = readOperator(cursor);
  const right = cursor.tokens[cursor.at++] ?? "";
  return compare(cursor.env, { left, operator, right });
}

function readOperator(cursor: Cursor): string {
  const first = cursor.tokens[cursor.at++] ?? "";
  if (first !== "not") return first;
  cursor.at++;
  return "not in";
}

function take(cursor: Cursor, token: string): boolean {
  if (cursor.tokens[cursor.at] !== token) return false;
  cursor.at++;
  return true;
}

const VERSIONED = /^(python_version|python_full_version|implementation_version|platform_release)$/;

function compare(
  env: MarkerEnv,
  { left, operator, right }: { left: string; operator: string; right: string },
): boolean {
  const [a, b] = [textOf(left, env), textOf(right, env)];
  if (operator === "in") return b.includes(a);
  if (operator === "not in") return !b.includes(a);
  if (VERSIONED.test(left)) return meets(a, `${operator}${b}`);
  if (VERSIONED.test(right)) return meets(b, `${mirrored(operator)}${a}`);
  if (operator === "==" || operator === "===") return a === b;
  if (operator === "!=") return a !== b;
  const order = compareVersions(a, b) ?? (a < b ? -1 : a > b ? 1 : 0);
  return operator === "<" ? order < 0 : operator === "<=" ? order <= 0 : operator === ">" ? order > 0 : order >= 0;
}

const mirrored = (operator: string) =>
  operator.startsWith("<")
    ? operator.replace("<", ">")
    : operator.startsWith(">")
      ? operator.replace(">", "<")
      : operator;

const textOf = (token: string, env: MarkerEnv) => (/^["']/.test(token) ? token.slice(1, -1) : (env[token] ?? ""));

/** Whether a marker holds for some patch version of a Python on a platform; the empty one always does. */
export const markerMayHold = (marker: string, minor: string, platform: string): boolean =>
  marker === "" || ["0", "99"].some((patch) => markerHolds(marker, markerEnv(`${minor}.${patch}`, platform)));
