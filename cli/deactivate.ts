/** `swcli deactivate`: the shell hook does it; here is who has none. */
import { defineCommand } from "#cli/command.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: { name: "deactivate", description: "Leave the runtime that is active in this shell (needs the shell hook)" },
  run() {
    const uri = process.env.SW_ACTIVATED_RUNTIME_URI_IN_SHELL;
    if (!uri) throw new SwError("USAGE", "no runtime is active in this shell");
    throw new SwError("USAGE", "a program can't change the shell that started it", {
      hint: "Type `deactivate`, or `exit` in a sub-shell. `swcli shell init --help` shows how to get the hook.",
    });
  },
});
