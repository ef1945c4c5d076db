/** `swcli config edit`: the person's editor on the config file, and a look at what came out. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { SwError } from "#core/errors.ts";
import { configPath } from "#core/platform/paths.ts";

export default defineCommand({
  meta: {
    name: "edit",
    description: "Open the config file in $VISUAL, $EDITOR or vi",
    examples: ["swcli config edit", "EDITOR=nano swcli config edit"],
  },
  async run({ data: out }) {
    const client = clientFor(out);
    // A file that can't be used is what somebody may want to mend.
    await client.call("config.ensure", {}).catch((e: unknown) => {
      if (!(e instanceof SwError) || e.code !== "CONFIG_INVALID") throw e;
    });
    out.finish();
    await openEditor(configPath(process.env));
    out.print(await client.call("config.ensure", {}), ({ path }) => path);
  },
});

/** Through a shell, as git does: `EDITOR="code --wait"` has words of its own. */
async function openEditor(path: string): Promise<void> {
  const editor = process.env.VISUAL || process.env.EDITOR || "vi";
  const argv = ["sh", "-c", `${editor} "$1"`, "sh", path];
  const child = Bun.spawn(argv, { stdin: "inherit", stdout: "inherit", stderr: "inherit" });
  const code = await child.exited;
  if (code !== 0) throw new SwError("FAILED", `the editor (${editor}) ended with ${code}`);
}
