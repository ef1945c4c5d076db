/** `swcli runtime allow`. */
import { resolve } from "node:path";
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { shellFolder } from "#cli/shell/shell-folder.ts";

export default defineCommand({
  meta: {
    name: "allow",
    description: "Let a folder's .swrt-runtime or runtime.yaml, as it is now, enter its runtime on cd",
    examples: ["echo mnist/version/v2 > .swrt-runtime; swcli runtime allow", "swcli runtime allow --remove"],
  },
  args: {
    folder: { type: "positional", description: "The folder, or one below it (default: the current one)" },
    remove: { type: "boolean", description: "Allow it no more" },
  },
  async run({ args, data: out }) {
    const folder = resolve(shellFolder(process.env, process.cwd()), args.folder ?? ".");
    const result = await clientFor(out).call("runtime.allow", { folder, remove: args.remove });
    out.print(result, ({ file, uri, allowed }) => {
      if (allowed) return `${file} may now enter ${uri} on cd`;
      return uri === null ? `${file} was not allowed` : `${file} is not allowed any more`;
    });
  },
});
