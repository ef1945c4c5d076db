/**
 * The text of config.yaml as a yaml document that can be edited without losing comments or unknown keys.
 * Owns the check of its version; must not know where the file is. Tests: test/unit/core/config/config-file.test.ts
 */
import { Document, isMap, parseDocument, type YAMLError } from "yaml";
import { SwError } from "#core/errors.ts";

export const CONFIG_VERSION = "2.0";

/**
 * Parses the text; an empty one is a new document.
 * @throws SwError CONFIG_INVALID when it isn't yaml, isn't a mapping, or is of another version.
 */
export function readConfigText(path: string, text: string): Document {
  if (text.trim() === "") return newDoc();
  const doc = parseDocument(text, { ...YAML_OPTIONS, prettyErrors: true });
  const [error] = doc.errors;
  if (error) throw invalid(path, where(error));
  if (doc.contents === null) return newDoc();
  if (!isMap(doc.contents)) throw invalid(path, "the file must hold a mapping of settings");
  checkVersion(path, doc.get("version"));
  return doc;
}

// PyYAML reads it too: what is plain text only since yaml 1.2 (`yes`, `1_0`) has to be quoted.
const YAML_OPTIONS = { version: "1.1" } as const;

const newDoc = (): Document => new Document({ version: CONFIG_VERSION }, YAML_OPTIONS);

/** Python wrote a string; a hand may have written the number 2.0, which yaml reads as 2. */
function checkVersion(path: string, version: unknown): void {
  if (version === undefined || version === null || String(version) === CONFIG_VERSION || version === 2) return;
  throw new SwError("CONFIG_INVALID", `${path}: version ${String(version)} is not supported, only ${CONFIG_VERSION}`, {
    hint: "The file was left as it is. Move it away to start with a new one, or name another with SW_CLI_CONFIG.",
  });
}

/** Without the frame of source lines that yaml adds: one of them may hold a token. */
const where = (error: YAMLError): string => error.message.split("\n")[0]?.replace(/:$/, "") ?? error.code;

const invalid = (path: string, why: string): SwError =>
  new SwError("CONFIG_INVALID", `${path}: ${why}`, {
    hint: "The file was left as it is. Correct it with `swcli config edit`, or name another with SW_CLI_CONFIG.",
  });
