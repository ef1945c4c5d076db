/** `swcli instance list|select|info`: what the config knows. Tests: test/e2e/config.test.ts*/
import { configTime, readConfig, updateConfig } from "#core/config/config-file.ts";
import type { Config } from "#core/config/config-schema.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { DEFAULT_PROJECT, LOCAL } from "#core/uri/uri.ts";

export interface InstanceRow {
  /** The alias. */
  name: string;
  uri: string;
  user_name: string;
  user_role: string;
  current_project: string;
  updated_at: string;
  in_use: boolean;
}

export async function instanceList(ctx: Ctx): Promise<InstanceRow[]> {
  const config = await readConfig(ctx);
  return Object.keys(config.instances)
    .sort((a, b) => Number(b === LOCAL) - Number(a === LOCAL) || (a < b ? -1 : 1))
    .map((name) => rowOf(config, name));
}

function rowOf(config: Config, name: string): InstanceRow {
  const instance = config.instances[name];
  return {
    name,
    uri: instance?.uri ?? "",
    user_name: instance?.userName ?? "",
    user_role: instance?.userRole ?? "",
    current_project: instance?.currentProject ?? (name === LOCAL ? DEFAULT_PROJECT : ""),
    updated_at: instance?.updatedAt ?? "",
    in_use: name === config.currentInstance,
  };
}

/** @throws INSTANCE_NOT_FOUND */
export async function instanceSelect(ctx: Ctx, params: { instance: string }): Promise<InstanceRow> {
  const name = aliasOf(await readConfig(ctx), params.instance);
  const config = await updateConfig(ctx, (edit, now) => {
    aliasOf(now, name);
    edit.set(["current_instance"], name);
    if (name !== LOCAL) edit.set(["instances", name, "updated_at"], configTime(ctx.clock));
  });
  return rowOf(config, name);
}

export async function instanceInfo(ctx: Ctx, params: { instance?: string }) {
  const config = await readConfig(ctx);
  const name = aliasOf(config, params.instance ?? config.currentInstance);
  const row = rowOf(config, name);
  return { instance: name, ...row, root_dir: name === LOCAL ? ctx.paths.root : null };
}

/** An alias, `cloud://ALIAS`, or the address of exactly one instance. */
function aliasOf(config: Config, text: string): string {
  const alias = text.replace(/^cloud:\/\//, "");
  if (Object.hasOwn(config.instances, alias)) return alias;
  const address = text.replace(/\/+$/, "");
  const same = Object.keys(config.instances).filter((name) => config.instances[name]?.uri === address);
  if (same.length === 1 && same[0] !== undefined) return same[0];
  throw new SwError("INSTANCE_NOT_FOUND", `no instance ${text}`, {
    hint: `Known are ${Object.keys(config.instances).join(", ")}.`,
  });
}
