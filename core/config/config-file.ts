/**
 * config.yaml, shared with the Python client: read whole, changed by key, published in one step with mode 0600.
 * Comments and keys that we don't know survive; a file of another version is left alone.
 * Must not know what the settings do. Tests: test/unit/core/config/config-file.test.ts
 */
import { realpath } from "node:fs/promises";
import { type Document, isMap } from "yaml";
import { type Config, parseConfig } from "#core/config/config-schema.ts";
import { CONFIG_VERSION, readConfigText } from "#core/config/config-text.ts";
import { configWarnings } from "#core/config/config-warnings.ts";
import { Secret } from "#core/config/secret.ts";
import type { Clock, Ctx } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import { readTextIfAny, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { configPath, defaultRoot } from "#core/platform/paths.ts";
import { DEFAULT_PROJECT, LOCAL } from "#core/uri/uri.ts";

export type ConfigValue = string | number | boolean | null | Secret | readonly string[];

/** Changes to the file, by the keys that are in the file (`["instances", "a", "sw_token"]`). */
export interface ConfigEdit {
  set(key: readonly string[], value: ConfigValue): void;
  /** Removing what is not there is fine. */
  remove(key: readonly string[]): void;
}

type Where = Pick<Ctx, "env" | "clock">;

/**
 * The settings; defaults when there is no file (and none is made).
 * @throws SwError CONFIG_INVALID
 */
export async function readConfig(where: Where): Promise<Config> {
  const path = configPath(where.env);
  return configOf(path, where, readConfigText(path, (await readTextIfAny(path)) ?? ""));
}

/** What the file says that nobody reads; none for a file that is not there. @throws SwError CONFIG_INVALID */
export async function readConfigWarnings({ env }: Where): Promise<string[]> {
  const path = configPath(env);
  return configWarnings(readConfigText(path, (await readTextIfAny(path)) ?? "").toJS());
}

/**
 * Applies `change` and publishes the file. `change` may run again when somebody else wrote meanwhile, so it must
 * only use what it is given.
 * @throws SwError CONFIG_INVALID, and nothing is written, when the file or the result is not one of ours.
 */
export async function updateConfig(where: Where, change: (edit: ConfigEdit, config: Config) => void): Promise<Config> {
  const path = await writablePath(configPath(where.env));
  const before = queues.get(path) ?? Promise.resolve();
  const mine = before.then(() => updateNow(path, where, change));
  const settled = mine.then(
    () => {},
    () => {},
  );
  queues.set(path, settled);
  try {
    return await mine;
  } finally {
    if (queues.get(path) === settled) queues.delete(path);
  }
}

// One process changes a file one step at a time; against other processes the text is compared before the write.
const queues = new Map<string, Promise<void>>();

const TRIES = 10;

async function updateNow(
  path: string,
  where: Where,
  change: (edit: ConfigEdit, config: Config) => void,
): Promise<Config> {
  for (let left = TRIES; left > 0; left--) {
    const text = await readTextIfAny(path);
    const doc = text === undefined ? newDocument(where) : readConfigText(path, text);
    change(editOf(path, doc), configOf(path, where, doc));
    const config = configOf(path, where, doc);
    const next = doc.toString({ lineWidth: 0 });
    if (next === text) return config;
    if ((await readTextIfAny(path)) !== text) continue;
    await writeFileAtomic(path, next, { mode: 0o600 });
    return config;
  }
  throw new SwError("FAILED", `${path} keeps changing`, { hint: "Another program writes it; try again." });
}

/** A link (a config kept among dotfiles) stays a link: what it points to is replaced. */
async function writablePath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR") throw e;
    return path;
  }
}

function configOf(path: string, where: Where, doc: Document): Config {
  const config = parseConfig(path, doc.toJS());
  const local = config.instances[LOCAL];
  if (local === undefined) return config;
  const filled = {
    ...local,
    userName: local.userName ?? userName(where),
    currentProject: local.currentProject ?? DEFAULT_PROJECT,
  };
  return { ...config, instances: { ...config.instances, [LOCAL]: filled } };
}

const userName = ({ env }: Where): string => env.USER || env.LOGNAME || "root";

/** What the Python client needs to find. The root is the default one, whatever SW_LOCAL_STORAGE says today. */
function newDocument(where: Where): Document {
  const doc = readConfigText("", "");
  const local = {
    current_project: DEFAULT_PROJECT,
    type: "standalone",
    updated_at: configTime(where.clock),
    uri: LOCAL,
    user_name: userName(where),
  };
  const plain = { current_instance: LOCAL, instances: { local }, storage: { root: defaultRoot(where.env) } };
  doc.contents = doc.createNode({ ...plain, version: CONFIG_VERSION });
  return doc;
}

function editOf(path: string, doc: Document): ConfigEdit {
  return {
    set(key, value) {
      openMaps(path, doc, key);
      doc.setIn(key, value instanceof Secret ? value.reveal() : value);
    },
    remove(key) {
      if (doc.hasIn(key)) doc.deleteIn(key);
    },
  };
}

/** `instances:` with nothing after it is null in yaml; it has to become a mapping before a key fits in. */
function openMaps(path: string, doc: Document, key: readonly string[]): void {
  for (let depth = 1; depth < key.length; depth++) {
    const part = key.slice(0, depth);
    const node = doc.getIn(part, true);
    if (isMap(node)) continue;
    if (node !== undefined && doc.getIn(part) !== null) {
      throw new SwError("CONFIG_INVALID", `${path}: ${part.join(".")} must be a mapping`, {
        hint: "Correct it with `swcli config edit`.",
      });
    }
    doc.setIn(part, doc.createNode({}));
  }
}

/** The Python client's way to write `updated_at`. */
export const configTime = (clock: Clock): string =>
  `${new Date(clock.now()).toISOString().slice(0, 19).replace("T", " ")} UTC`;
