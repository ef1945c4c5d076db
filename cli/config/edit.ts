/** `swcli config edit`: becomes the person's editor on the config file, which is looked at when the editor is closed. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { becomeCommand } from "#cli/shell/become.ts";
import { SwError } from "#core/errors.ts";
import { configPath } from "#core/platform/paths.ts";
import { selfCommand } from "#core/platform/self.ts";

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
    const editor = process.env.VISUAL || process.env.EDITOR || "vi";
    // Through a shell, as git does: `EDITOR="code --wait"` has words of its own.
    const script = `${editor} "$1" && shift && exec "$@"`;
    const argv = ["sh", "-c", script, "sh", configPath(process.env), ...selfCommand("config", "check")];
    const env = Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]));
    becomeCommand(argv, Object.fromEntries(env));
  },
});
