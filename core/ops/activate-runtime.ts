/**
 * What a shell or a child needs to be in a runtime: the plan of a ready environment, and making one that is not.
 * The warm query reads memory and makes four stats.
 * Tests: test/unit/core/ops/activate-runtime.test.ts, test/e2e/activate.test.ts
 */
import { offlineCtx } from "#core/config/offline.ts";
import type { Ctx } from "#core/context.ts";
import type { ActivationPlan } from "#core/env/activation/plan.ts";
import type { RcShell } from "#core/env/activation/rc-files.ts";
import { noteUse } from "#core/env/last-use.ts";
import { linkLatest } from "#core/env/links.ts";
import { noteShell } from "#core/env/live-shells.ts";
import type { Marker } from "#core/env/marker.ts";
import { readyEnv } from "#core/env/pointer.ts";
import { restoreEnv } from "#core/env/restore.ts";
import { driftWarning } from "#core/env/seen.ts";
import { isSettled, settleLater } from "#core/env/settle.ts";
import { planOf, renderRc, uriOf } from "#core/ops/plan-of.ts";
import { noteEntry } from "#core/ops/quick-entry.ts";
import { resolveLocal } from "#core/ops/target.ts";
import { readVersion } from "#core/store/versions.ts";

export type Activation =
  | { state: "ready"; plan: ActivationPlan; rc?: string; warning?: string }
  | { state: "absent"; uri: string };

interface ActivationParams {
  uri: string;
  /** Its start files are wanted too. */
  shell?: RcShell;
  /** The shell that evaluates the answer: nothing else will tell that it is in there. */
  pid?: number;
}

/** The same for a client that can look for itself the next time. */
export async function answerActivation(ctx: Ctx, params: ActivationParams): Promise<Activation> {
  const found = await activation(ctx, params);
  if (found.state === "ready") noteEntry(ctx, params.uri, found.plan);
  return found;
}

export async function activation(ctx: Ctx, { uri, shell, pid }: ActivationParams): Promise<Activation> {
  const resolved = await resolveLocal(ctx, uri);
  const marker = await enterEnv(ctx, resolved.version.id);
  if (!marker) return { state: "absent", uri: uriOf(resolved) };
  if (pid !== undefined) noteShell(ctx, marker.prefix, pid);
  const plan = await planOf(ctx, resolved, marker);
  await linkLatest(ctx, resolved, marker.prefix);
  if (!isSettled(ctx, marker)) settleLater(ctx, marker, "compile");
  return { state: "ready", plan, rc: shell && (await renderRc(ctx, plan, shell)), warning: driftWarning(ctx, marker) };
}

/** The use is noted before the marker is looked at for the last time: gc drops the marker before it looks at the use. */
async function enterEnv(ctx: Ctx, versionId: string): Promise<Marker | undefined> {
  const marker = await readyEnv(ctx, versionId);
  if (!marker) return undefined;
  noteUse(ctx, marker.key);
  return await readyEnv(ctx, versionId);
}

interface PrepareParams {
  uri: string;
  fresh: boolean;
  /** As somebody wished; undefined for what is usual. */
  compile?: boolean | undefined;
  offline: boolean;
}

/** Makes the environment or joins whoever is making it. @throws OFFLINE with what is missing, where that was asked for */
export async function prepareEnv(client: Ctx, params: PrepareParams) {
  const { uri, fresh, compile, offline } = params;
  const ctx = offlineCtx(client, offline);
  const resolved = await resolveLocal(ctx, uri);
  const version = await readVersion(ctx, resolved.version.id);
  const { marker, made } = await restoreEnv(ctx, version, { fresh, compile });
  await linkLatest(ctx, resolved, marker.prefix);
  return { uri: uriOf(resolved), key: marker.key, prefix: marker.prefix, made };
}
