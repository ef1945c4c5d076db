/**
 * The look that a hooked shell takes at an unchanged, ready runtime (hook-script.ts), taken by the binary itself: a warm
 * `run` asks nobody. undefined means that the daemon has to be asked, never that something is wrong.
 * Must stay free of heavy imports: it is on the hot path. Tests: test/e2e/run-quick.test.ts
 */
import { configTwin, ENTRY_FILE, ODD_URI, refTwin, SEEN_FOLDER } from "#core/env/activation/hook-entry.ts";
import { type ActivationPlan, venvPlan } from "#core/env/activation/plan.ts";
import { setFileTime } from "#core/platform/libc.ts";
import { type FileFacts, quickStats, readSmallFile } from "#core/platform/quick-file.ts";

/** Elsewhere nothing is seen (core/platform/quick-file.ts). */
export const canLook = process.platform === "linux";

export interface QuickLook {
  /** As typed. */
  readonly uri: string;
  /** Absolute. */
  readonly root: string;
  /** The user's config file, there or not: it says what a short URI means. */
  readonly config: string;
}

/** What an entry says (hook-entry.ts): project, name, version, environment, version of Python, ref, config, conda or not. */
type Words = Record<"p" | "n" | "v" | "e" | "y" | "r" | "c" | "k", string>;

/** Of runtimes in venv mode; what a conda runtime sets is computed. */
export function quickPlan(look: QuickLook): ActivationPlan | undefined {
  if (new RegExp(ODD_URI).test(look.uri)) return undefined;
  const words = wordsOf(readSmallFile(`${entryFolder(look)}/${ENTRY_FILE}`));
  if (!words || !isUnchanged(look, words) || !noteUse(look.root, words)) return undefined;
  const { p: project, n: name, v: version } = words;
  const uri = `local/project/${project}/runtime/${name}/version/${version}`;
  return venvPlan({ uri, name, project, version, prefix: prefixOf(look.root, words) });
}

const storeOf = (root: string) => `${root}/.store/v1`;
const entryFolder = ({ root, uri }: QuickLook) => `${storeOf(root)}/activation/by-uri/${uri}/@`;
const prefixOf = (root: string, { e }: Words) => `${root}/.envs/${e}`;

const LETTER = "_SWRT_".length;

function wordsOf(text: string | undefined): Words | undefined {
  const words: Words = { p: "", n: "", v: "", e: "", y: "", r: "", c: "", k: "" };
  for (const word of (text ?? "").trimEnd().split(" ")) words[word[LETTER] as keyof Words] = word.slice(LETTER + 2);
  return words.k === "0" ? words : undefined;
}

/** The ref and the config as they were, nothing of the Python client's, and the environment as it was when it was settled. */
function isUnchanged(look: QuickLook, words: Words): boolean {
  const { p, n, e, y, r, c } = words;
  const [store, folder, prefix] = [storeOf(look.root), entryFolder(look), prefixOf(look.root, words)];
  const seen = `${prefix}/${SEEN_FOLDER}`;
  const [ref, refThen, foreign, open, config, configThen, venv, python, pythonThen, bin, binThen, site, siteThen] =
    quickStats([
      ...[`${store}/refs/${p}/${n}.json`, `${folder}/${refTwin(r)}`, `${look.root}/${p}/runtime/${n}`],
      ...[`${store}/activation/live/${e}`, look.config, `${folder}/${configTwin(c)}`],
      ...[`${prefix}/pyvenv.cfg`, `${prefix}/bin/python`, `${seen}/python`, `${prefix}/bin`, `${seen}/bin`],
      ...[`${prefix}/lib/python${y}/site-packages`, `${seen}/site`],
    ]);
  if (!ref || ref.id !== refThen?.id || foreign || !open) return false;
  if ((c === "0") !== (config === undefined) || config?.time !== configThen?.time) return false;
  return venv !== undefined && isTwin(python, pythonThen) && isTwin(bin, binThen) && isTwin(site, siteThen);
}

const isTwin = (one: FileFacts | undefined, then: FileFacts | undefined) =>
  one !== undefined && one.time === then?.time;

/** In this order (core/env/last-use.ts): who removes the environment takes its marker away and then looks at the use. */
function noteUse(root: string, words: Words): boolean {
  const key = words.e.slice(0, words.e.lastIndexOf("-"));
  if (!setFileTime(`${root}/.envs/${key}.used`)) return false;
  const marker = readSmallFile(`${root}/.envs/${key}.json`);
  return marker?.includes(JSON.stringify(prefixOf(root, words))) ?? false;
}
