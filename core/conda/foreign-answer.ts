/**
 * What micromamba, mamba or conda answered to a dry run: what they would link, or why not. Pure.
 * The texts are those of libmamba 1.5 to 2.8 and conda 26. Tests: test/unit/core/conda/foreign-answer.test.ts
 */
import * as v from "valibot";
import { EngineRefusal } from "#core/engines/rattler-worker.ts";
import { SwError } from "#core/errors.ts";
import { redactUrl } from "#core/platform/redact.ts";

export interface Said {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const Linked = v.looseObject({
  name: v.string(),
  version: v.string(),
  build_string: v.optional(v.string()),
  build: v.optional(v.string()),
  sha256: v.optional(v.string()),
  md5: v.optional(v.string()),
});
const Plan = v.looseObject({
  actions: v.optional(v.looseObject({ LINK: v.optional(v.array(Linked), []) })),
  message: v.optional(v.string()),
  error: v.optional(v.string()),
  /** Of libmamba. */
  solver_problems: v.optional(v.array(v.string())),
  /** Of conda: the class of its exception. */
  exception_name: v.optional(v.string()),
});
type Plan = v.InferOutput<typeof Plan>;

/** Exact specs of everything that it would link; undefined when it would link nothing. */
export function linkedSpecs({ exitCode, stdout }: Said): string[] | undefined {
  const linked = planOf(stdout)?.actions?.LINK ?? [];
  return exitCode === 0 && linked.length > 0 ? linked.map(exactSpec) : undefined;
}

/** With its hash, where it is said: two channels may have the same build of a package with other bytes. */
function exactSpec({ name, version, build, build_string, sha256, md5 }: v.InferOutput<typeof Linked>): string {
  const hash = sha256 ? `[sha256=${sha256}]` : md5 ? `[md5=${md5}]` : "";
  return `${name}=${version}=${build ?? build_string ?? "*"}${hash}`;
}

/** Why there is no solution: an EngineRefusal of a kind that engine-error.ts knows, or SwError ENGINE_FAILED. */
export function refusalOf(solver: string, said: Said): Error {
  const plan = planOf(said.stdout) ?? {};
  const reason = redactUrl(reasonOf(plan, said));
  if (isUnsolvable(plan, reason)) return new EngineRefusal("unsolvable", withoutHead(reason));
  if (isUnreachable(plan, reason)) return new EngineRefusal("unreachable", innermost(reason));
  return new SwError("ENGINE_FAILED", `${solver} could not solve (exit code ${said.exitCode}):\n${reason}`, {
    hint: "`conda.solver: rattler` in the config uses swcli's own engine.",
  });
}

const UNSOLVABLE = "Could not solve for environment specs";

/** Whether it read the channels and found no set of packages. Conda's solvers have exceptions of their own. */
const isUnsolvable = ({ solver_problems, exception_name = "" }: Plan, reason: string): boolean =>
  solver_problems !== undefined ||
  /Unsatisfiable|PackagesNotFound|ResolvePackageNotFound/.test(exception_name) ||
  reason.includes(UNSOLVABLE) ||
  /is not installable|could not be installed/.test(reason);

const isUnreachable = ({ exception_name = "" }: Plan, reason: string): boolean =>
  /CondaHTTPError|UnavailableInvalidChannel|ProxyError|SSLError/.test(exception_name) ||
  /Download error|not loaded!/.test(reason);

/** libmamba's tree of reasons says more than its JSON, which may only be "unsupported request". */
function reasonOf(plan: Plan, { stdout, stderr }: Said): string {
  const told = plan.message ?? plan.error;
  if (told !== undefined) return told.trim();
  const [first] = complaints(stderr);
  if (first !== undefined) return first;
  const rest = (plan.solver_problems ?? []).join("\n") || stderr.trim() || (planOf(stdout) ? "" : stdout.trim());
  // What went wrong stands at the end.
  return rest.slice(-2000);
}

/** `error    libmamba WHAT`, with the indented lines below it; whatever else it logs is no reason. */
function complaints(stderr: string): string[] {
  const blocks = stderr.matchAll(/^(?:error|critical) +libmamba (.*(?:\n(?: {4}.*)?(?=\n|$))*)/gm);
  const texts = [...blocks].map(([, text = ""]) => text.replaceAll(/^ {4}/gm, "").trim());
  return texts.map((text) => text.replace(/\n*If you run into this error repeatedly.*$/s, ""));
}

/** Of conda's text the first line, of libmamba's what came before its own conclusion. */
const innermost = (reason: string) =>
  (reason.split("\n\n", 1)[0] ?? "")
    .split("\n")
    .filter((line) => !/^(Multiple errors occurr?ed:|Subdir .* not loaded!|Elapsed: .*)$/.test(line))
    .join("\n");

const withoutHead = (reason: string) =>
  reason.startsWith(`${UNSOLVABLE}\n`) ? reason.slice(UNSOLVABLE.length + 1) : reason;

/** Some print progress or an error instead; stderr says what it was. */
function planOf(stdout: string): Plan | undefined {
  try {
    const parsed = v.safeParse(Plan, JSON.parse(stdout));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
