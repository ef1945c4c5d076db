/**
 * Versions and version conditions of PEP 440, as far as installed packages and their requirements need them.
 * Pure. Tests: test/unit/core/venv/pep440.test.ts
 */

interface Parsed {
  epoch: number;
  release: number[];
  /** [-1 dev only | 0..2 a,b,rc | 3 final, number] */
  pre: [number, number];
  post: number;
  dev: number;
  local: string[];
}

const VERSION =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|alpha|b|beta|c|rc|pre|preview)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/;
const PRE: Record<string, number> = { a: 0, alpha: 0, b: 1, beta: 1, c: 2, rc: 2, pre: 2, preview: 2 };

function parse(text: string): Parsed | undefined {
  const match = VERSION.exec(text.trim().toLowerCase());
  if (!match) return undefined;
  const [, epoch, release = "0", pre, preNumber, dashPost, post, postNumber, dev, devNumber, local] = match;
  const hasPost = dashPost !== undefined || post !== undefined;
  return {
    epoch: Number(epoch ?? 0),
    release: release.split(".").map(Number),
    pre: pre ? [PRE[pre] ?? 2, Number(preNumber || 0)] : dev && !hasPost ? [-1, 0] : [3, 0],
    post: hasPost ? Number(dashPost ?? (postNumber || 0)) : -1,
    dev: dev ? Number(devNumber || 0) : Number.POSITIVE_INFINITY,
    local: local ? local.split(/[-_.]/) : [],
  };
}

/** Below 0, 0 or above; undefined when one of them is no PEP 440 version. */
export function compareVersions(a: string, b: string, options: { local?: boolean } = {}): number | undefined {
  const [x, y] = [parse(a), parse(b)];
  if (!x || !y) return undefined;
  const base =
    x.epoch - y.epoch ||
    compareRelease(x.release, y.release) ||
    x.pre[0] - y.pre[0] ||
    x.pre[1] - y.pre[1] ||
    x.post - y.post ||
    (x.dev === y.dev ? 0 : x.dev - y.dev);
  return base || (options.local === false ? 0 : compareLocal(x.local, y.local));
}

function compareRelease(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareLocal(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i], b[i]];
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    const [nx, ny] = [/^\d+$/.test(x), /^\d+$/.test(y)];
    if (nx !== ny) return nx ? 1 : -1;
    const difference = nx ? Number(x) - Number(y) : x < y ? -1 : x > y ? 1 : 0;
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Whether `version` meets all conditions of `specifier` (">=1,<2"). Pre-releases count: they are installed already.
 * What can't be read is taken for met, since it was installed by somebody who could.
 */
export function meets(version: string, specifier: string): boolean {
  const clauses = specifier.split(",").map((clause) => clause.trim());
  return clauses.filter((clause) => clause !== "").every((clause) => meetsClause(version, clause));
}

function meetsClause(version: string, clause: string): boolean {
  const match = /^(===|==|~=|!=|<=|>=|<|>)\s*(.+)$/.exec(clause);
  const [, operator = "", wanted = ""] = match ?? [];
  if (operator === "===") return version.toLowerCase() === wanted.toLowerCase();
  if (wanted.endsWith(".*")) return hasPrefix(version, wanted.slice(0, -2)) === (operator === "==");
  if (operator === "~=") return meetsCompatible(version, wanted);
  const order = compareVersions(version, wanted, { local: wanted.includes("+") });
  if (order === undefined) return true;
  const [own, other] = [parse(version), parse(wanted)];
  switch (operator) {
    case "==":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<=":
      return order <= 0;
    case ">=":
      return order >= 0;
    // PEP 440: `<1.0` does not let 1.0rc1 in, `>1.0` not 1.0.post1.
    case "<":
      return order < 0 && !(isPre(own) && !isPre(other) && sameRelease(own, other));
    default:
      return order > 0 && !((own?.post ?? -1) >= 0 && (other?.post ?? -1) < 0 && sameRelease(own, other));
  }
}

const isPre = (version: Parsed | undefined) => version !== undefined && version.pre[0] < 3;
const sameRelease = (a: Parsed | undefined, b: Parsed | undefined) =>
  a !== undefined && b !== undefined && a.epoch === b.epoch && compareRelease(a.release, b.release) === 0;

function hasPrefix(version: string, prefix: string): boolean {
  const [own, wanted] = [parse(version), parse(prefix)];
  if (!own || !wanted) return true;
  return own.epoch === wanted.epoch && wanted.release.every((part, i) => (own.release[i] ?? 0) === part);
}

/** `~=2.2.1` is `>=2.2.1,==2.2.*`. */
function meetsCompatible(version: string, wanted: string): boolean {
  const parsed = parse(wanted);
  if (!parsed || parsed.release.length < 2) return true;
  const prefix = `${parsed.epoch}!${parsed.release.slice(0, -1).join(".")}`;
  return (compareVersions(version, wanted, { local: false }) ?? 0) >= 0 && hasPrefix(version, prefix);
}
