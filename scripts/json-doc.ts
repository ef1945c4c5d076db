/**
 * The part of docs/json.md that follows from the method table: what each command prints with `-o json`.
 * `bun scripts/json-doc.ts` writes it; test/arch/docs.test.ts says when that was forgotten.
 */
import type * as v from "valibot";
import { METHODS } from "#core/protocol/methods.ts";

type Schema = v.BaseSchema<unknown, unknown, v.BaseIssue<unknown>>;

export const JSON_DOC = new URL("../docs/json.md", import.meta.url).pathname;
const BEGIN = "<!-- From the method table; written by scripts/json-doc.ts -->";

// One-line objects up to here.
const LINE = 90;

/** Answered to our own client on the way to something else; never printed as they are. */
const INNER = /^(shell\.|env\.(prepare|pip|writable)$|runtime\.(recall|activation|info)$|job\.(start|logs)$)/;

/** Where the command is not called as the method is. */
const COMMANDS: Readonly<Record<string, string>> = {
  "runtime.bundle-info": "runtime info --bundle",
  "runtime.import": "runtime import",
  "quickstart.shell": "runtime quickstart shell",
  "quickstart.uri": "runtime quickstart uri",
  "server.list": "runtime list` (project of a server)`",
  "server.history": "runtime history` (runtime of a server)`",
  "server.info": "runtime info` (runtime of a server: under the key basic)`",
  "server.remove": "runtime remove` (runtime of a server)`",
  "server.recover": "runtime recover` (runtime of a server)`",
  "server.projects": "project list` (of a server)`",
  "server.project-info": "project info` (of a server)`",
  "server.project-create": "project create` (on a server)`",
  "server.project-select": "project select` (of a server)`",
  "server.project-remove": "project remove` (of a server)`",
  "server.project-recover": "project recover` (of a server)`",
  "server.state": "instance info` (of a server: under the key server)`",
  "store.check": "doctor --store`, `swcli fsck",
  "doctor.machine": "doctor",
  "config.ensure": "config check",
};

/** The whole text of docs/json.md as it should be, from what stands before the generated part. */
export function renderDoc(current: string): string {
  const head = current.split(BEGIN)[0] ?? "";
  const sections = Object.entries(METHODS)
    .filter(([name]) => !INNER.test(name))
    .map(([name, method]) => section(name, method.result as Schema));
  return `${head}${BEGIN}\n\n${sections.sort().join("\n")}`;
}

function section(name: string, result: Schema): string {
  const command = `\`swcli ${COMMANDS[name] ?? name.replaceAll(".", " ")}\``.replaceAll("``", "");
  return `### ${command}\n\n\`\`\`ts\n${shapeOf(result, "")}\n\`\`\`\n`;
}

interface Parts {
  type: string;
  entries?: Record<string, Schema>;
  item?: Schema;
  wrapped?: Schema;
  options?: unknown[];
  literal?: unknown;
  value?: Schema;
}

/** A schema in the words of TypeScript. */
export function shapeOf(schema: Schema, indent: string): string {
  const parts = schema as unknown as Parts;
  const inner = (one: Schema | undefined) => (one ? shapeOf(one, indent) : "unknown");
  switch (parts.type) {
    case "object":
    case "strict_object":
    case "loose_object":
      return objectShape(parts.entries ?? {}, indent);
    case "array":
      return `${inner(parts.item)}[]`;
    case "nullable":
      return `${inner(parts.wrapped)} | null`;
    case "optional":
      return inner(parts.wrapped);
    case "picklist":
      return `(${(parts.options ?? []).map((option) => JSON.stringify(option)).join(" | ")})`;
    case "union":
    case "variant":
      return (parts.options ?? []).map((option) => inner(option as Schema)).join(" | ");
    case "literal":
      return JSON.stringify(parts.literal);
    case "record":
      return `{ [key: string]: ${inner(parts.value)} }`;
    default:
      return parts.type;
  }
}

function objectShape(entries: Record<string, Schema>, indent: string): string {
  const deeper = `${indent}  `;
  const parts = Object.entries(entries).map(([key, value]) => {
    const mark = (value as unknown as Parts).type === "optional" ? "?" : "";
    return `${key}${mark}: ${shapeOf(value, deeper)}`;
  });
  const line = `{ ${parts.join("; ")} }`;
  if (line.length < LINE && !line.includes("\n")) return line;
  return `{\n${parts.map((part) => `${deeper}${part};`).join("\n")}\n${indent}}`;
}

if (import.meta.main) await Bun.write(JSON_DOC, renderDoc(await Bun.file(JSON_DOC).text()));
