/** `swcli runtime lock`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { lockText, lockView } from "#cli/output/views/runtime-lock.ts";
import { SwError } from "#core/errors.ts";
import type { ParamsOf } from "#core/protocol/methods.ts";

export default defineCommand({
  meta: {
    name: "lock",
    description: "Write or refresh the lock beside a runtime.yaml; locked versions stay unless they are upgraded",
    examples: [
      "swcli runtime lock  # runtime.yaml in this folder",
      "swcli runtime lock --upgrade  # newest versions of everything",
      "swcli runtime lock --upgrade torch",
      "swcli runtime lock --check  # exit code 1 when the lock is stale",
      "swcli runtime lock -s --stdout",
    ],
  },
  args: {
    dir: {
      type: "positional",
      repeat: true,
      valueName: "DIR",
      description: "Folder of the runtime.yaml (default: .)",
    },
    "yaml-path": { type: "string", short: ["f"], valueName: "FILE", description: "The runtime.yaml itself" },
    upgrade: {
      type: "string",
      repeat: true,
      optionalValue: "",
      valueName: "PACKAGE",
      description: "Let all packages move to newer versions, or with --upgrade=PACKAGE only this one; can be repeated",
    },
    check: { type: "boolean", description: "Write nothing; exit code 1 when the lock is stale" },
    stdout: { type: "boolean", short: ["so"], description: "Print the lock and write nothing" },
    "no-cache": { type: "boolean", short: ["nc"], description: "Resolve anew, without the lock that is there" },
    "env-name": { type: "string", short: ["n"], valueName: "NAME", description: "Lock this conda environment" },
    "env-prefix-path": {
      type: "string",
      short: ["p"],
      valueName: "PATH",
      description: "Lock the environment (venv or conda) in this folder",
    },
    "env-use-shell": {
      type: "boolean",
      short: ["s"],
      description: "Lock the environment that is active in this shell",
    },
    "include-editable": { type: "boolean", short: ["ie"], description: "With an environment: editable projects too" },
    "include-local-wheel": {
      type: "boolean",
      short: ["ilw"],
      description: "With an environment: what no index has too",
    },
    "allow-conflicts": {
      type: "boolean",
      description: "With an environment: go on although its packages don't fit each other",
    },
  },
  async run({ args, data: out }) {
    if (args.check && args.stdout) throw new SwError("USAGE", "--check and --stdout exclude each other");
    const { dir, upgrade } = await whatToUpgrade(args);
    const result = await clientFor(out).call("runtime.lock", {
      dir,
      yaml: args["yaml-path"],
      source: await sourceOf(args),
      extras: {
        editable: args["include-editable"],
        local_wheel: args["include-local-wheel"],
        conflicts: args["allow-conflicts"],
      },
      upgrade,
      cache: !args["no-cache"],
      mode: args.check ? "check" : args.stdout ? "print" : "write",
    });
    out.print(result, args.stdout ? lockText : lockView({ check: args.check }));
  },
});

/** `--upgrade torch`: for each bare --upgrade a word that is no folder is a package, as with `--upgrade=torch`. */
async function whatToUpgrade({ dir: words, upgrade }: { dir: string[]; upgrade: string[] }) {
  const names = upgrade.filter((name) => name !== "");
  let bare = upgrade.length - names.length;
  const folders: string[] = [];
  for (const word of words) {
    const isName = bare > 0 && !(await isFolder(word));
    if (isName) bare--;
    (isName ? names : folders).push(word);
  }
  const [dir = ".", extra] = folders;
  if (extra !== undefined) throw new SwError("USAGE", `unexpected argument ${JSON.stringify(extra)}`);
  return { dir, upgrade: upgrade.length > 0 ? names : undefined };
}

const isFolder = async (path: string): Promise<boolean> =>
  await Bun.file(path)
    .stat()
    .then((info) => info.isDirectory())
    .catch(() => false);

interface Selectors {
  "yaml-path": string | undefined;
  "env-name": string | undefined;
  "env-prefix-path": string | undefined;
  "env-use-shell": boolean;
}

const SELECTORS = ["yaml-path", "env-name", "env-prefix-path", "env-use-shell"] as const;

async function sourceOf(args: Selectors): Promise<ParamsOf<"runtime.lock">["source"]> {
  const given = SELECTORS.filter((key) => args[key] !== undefined && args[key] !== false);
  // A variable without a value: the runtime.yaml is not what was meant.
  const empty = given.find((key) => args[key] === "");
  if (empty) throw new SwError("USAGE", `--${empty} is empty`);
  if (given.length > 1) {
    throw new SwError("USAGE", `${given.map((key) => `--${key}`).join(" and ")} exclude each other`);
  }
  if (args["env-use-shell"]) return { kind: "shell" };
  if (args["env-name"]) return { kind: "conda", name: args["env-name"] };
  const path = args["env-prefix-path"];
  if (!path) return undefined;
  // What conda and its kin make has this folder, nothing else does.
  return { kind: (await isFolder(`${path}/conda-meta`)) ? "conda-prefix" : "venv", path };
}
