/** `swcli shell init`: prints the hook for a shell's start file. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { ASKING_SHELLS, askingShell } from "#cli/shell/hooked-shell.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: {
    name: "init",
    description: "Print the shell hook, by which `swcli runtime activate` changes the current shell",
    examples: [
      'eval "$(swcli shell init bash)"  # in ~/.bashrc',
      'eval "$(swcli shell init zsh)"  # in ~/.zshrc',
      "swcli shell init fish | source  # in ~/.config/fish/config.fish",
      "swcli shell init nu | save --force ($nu.default-config-dir)/autoload/swcli.nu",
      "swcli shell init pwsh | Out-String | Invoke-Expression  # in $PROFILE",
    ],
  },
  args: {
    shell: { type: "positional", required: true, values: ASKING_SHELLS, description: "The shell" },
    cd: { type: "boolean", description: "Also enter the runtime of an allowed folder on cd (swcli runtime allow)" },
  },
  async run({ args, data: out }) {
    const shell = askingShell(args.shell);
    if (!shell) {
      const hint = "There is one for bash, zsh, fish, nu and pwsh.";
      throw new SwError("USAGE", `no hook for ${args.shell}`, { hint });
    }
    if (args.cd && shell === "pwsh") {
      throw new SwError("USAGE", `no --cd for ${shell}`, { hint: "bash, zsh, fish and nu enter runtimes on cd." });
    }
    out.print(
      await clientFor(out).query("shell.hook", { shell, swcli: process.execPath, cd: args.cd }),
      ({ text }) => text,
    );
  },
});
