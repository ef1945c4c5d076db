/**
 * Installed packages as requirements: by version, by address, by commit. A login that stood in an address becomes a variable,
 * which whoever restores has to set. Tests: test/e2e/lock-url.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { type RequirementLine, type RequirementSource, readRequirements } from "#core/lock/requirements.ts";
import type { RemoteOrigin } from "#core/venv/origin.ts";

export interface EnvPins {
  /** As a package may hold them. */
  readonly texts: ReadonlyMap<RemoteOrigin, string>;
  /** Values of the variables in them. */
  readonly logins: Readonly<Record<string, string>>;
}

/** Says, once, what of them others need to know. */
export function envPins(ctx: Ctx, origins: readonly RemoteOrigin[]): EnvPins {
  const logins: Record<string, string> = {};
  const texts = new Map<RemoteOrigin, string>();
  for (const origin of origins) texts.set(origin, written(ctx, origin, logins));
  return { texts, logins };
}

function written(ctx: Ctx, { kind, requirement, login, distribution }: RemoteOrigin, logins: Record<string, string>) {
  const { name } = distribution;
  if (kind === "url" && !requirement.includes("sha256="))
    ctx.report.warn(`${name} is locked to what its address serves now: its installer kept no hash of the file`);
  if (login === undefined) return requirement;
  const variable = `SW_PIP_URL_AUTH_${Object.keys(logins).length + 1}`;
  logins[variable] = login;
  ctx.report.warn(
    `the credentials in the address of ${name} stay out of the package; set ${variable}=user:password to restore`,
  );
  return requirement.replace("://", `://\${${variable}}@`);
}

/** @param label what people call the environment, for messages */
export async function pinnedRequirements(ctx: Ctx, { texts, logins }: EnvPins, label: string) {
  const at = { file: label, line: 0 };
  const sources = [...texts.values()].map((text): RequirementSource => ({ kind: "pkg", text, at }));
  const requirements = await readRequirements({ dir: "/", sources, env: { ...ctx.env, ...logins } });
  const ofUrls = [...texts.keys()].filter(({ kind }) => kind === "url").map((origin) => versionOf(origin, at));
  return { ...requirements, constraints: ofUrls };
}

/** What an address serves may be another version by now; that of an index is pinned anyway. */
const versionOf = ({ distribution }: RemoteOrigin, at: RequirementLine["at"]): RequirementLine => ({
  text: `${distribution.name}==${distribution.version}`,
  name: distribution.key,
  hashes: [],
  kind: "named",
  at,
});
