/** The words that a shell completes with: names from the store, from memory where they have not changed. Tests: test/e2e/completion.test.ts */
import { uriContext } from "#core/config/uri-context.ts";
import type { Ctx } from "#core/context.ts";
import { listMarkers } from "#core/env/envs-list.ts";
import { listWritable } from "#core/env/writable.ts";
import { listKernels } from "#core/ops/kernel-specs.ts";
import { localProject } from "#core/ops/target.ts";
import { listProjects } from "#core/store/projects.ts";
import { liveVersions, type RuntimeRef } from "#core/store/ref.ts";
import { listRefs } from "#core/store/refs.ts";
import { LOCAL } from "#core/uri/uri.ts";

/** What a word can be the name of. */
export type CompletedWord = "uri" | "project" | "env" | "kernel";

export interface CompleteParams {
  what: CompletedWord;
  /** As far as it is typed. */
  word: string;
}

export async function complete(ctx: Ctx, { what, word }: CompleteParams): Promise<{ words: string[] }> {
  const all = await { uri: uris, project: projects, env: envs, kernel: kernels }[what](ctx, word);
  return { words: all.filter((one) => one.startsWith(word)) };
}

const projects = async (ctx: Ctx): Promise<string[]> => {
  const lead = (await isHere(ctx)) ? "" : "local/project/";
  return (await listProjects(ctx)).map((project) => lead + project);
};

/** A short name means the selected instance; while that is a server, what is here has to be named in full. */
const isHere = async (ctx: Ctx): Promise<boolean> => (await uriContext(ctx)).currentInstance === LOCAL;

async function envs(ctx: Ctx, word: string): Promise<string[]> {
  const writable = (await listWritable(ctx)).map(({ name }) => name);
  return [...writable, ...(await listMarkers(ctx)).map((key) => key.slice(0, 12)), ...(await uris(ctx, word))];
}

const kernels = async (ctx: Ctx): Promise<string[]> => (await listKernels(ctx)).map(({ name }) => name);

/** Names first; behind a name its tags and versions. What no short form begins like is looked for in every project. */
async function uris(ctx: Ctx, word: string): Promise<string[]> {
  const own = (await isHere(ctx)) ? await urisIn(ctx, await localProject(ctx, undefined), { lead: "", word }) : [];
  if (own.some((one) => one.startsWith(word))) return own;
  const leads = (await listProjects(ctx)).map((project) => ({ project, lead: `local/project/${project}/runtime/` }));
  const fitting = leads.filter(({ lead }) => lead.startsWith(word) || word.startsWith(lead));
  const all = await Promise.all(fitting.map(({ project, lead }) => urisIn(ctx, project, { lead, word })));
  return all.flat();
}

async function urisIn(ctx: Ctx, project: string, { lead, word }: { lead: string; word: string }): Promise<string[]> {
  const refs = (await listRefs(ctx, project)).filter((ref) => liveVersions(ref).length > 0);
  const typed = word.slice(lead.length);
  const ref = typed.includes("/") ? refs.find(({ name }) => name === typed.split("/")[0]) : undefined;
  const words = ref ? versionUris(ref) : refs.map(({ name }) => name);
  return words.map((one) => lead + one);
}

const versionUris = (ref: RuntimeRef): string[] => [
  ...Object.keys(ref.tags).map((tag) => `${ref.name}/version/${tag}`),
  ...liveVersions(ref).map(({ id }) => `${ref.name}/version/${id.slice(0, 12)}`),
];
