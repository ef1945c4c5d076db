/** `swcli completion`: the script that a shell's start file evaluates. */
import { defineCommand, type Group } from "#cli/command.ts";
import { bashCompletion, zshCompletion } from "#cli/completion/bash.ts";
import { fishCompletion } from "#cli/completion/fish.ts";
import { places } from "#cli/completion/tree.ts";
import { hookedShell } from "#cli/shell/hooked-shell.ts";
import { SwError } from "#core/errors.ts";

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

/** The tree is handed in: it names this file. */
export const completionOf = (root: Group) =>
  defineCommand({
    meta: {
      name: "completion",
      description: "Print a shell's completion of commands, options, runtimes, versions, tags and projects",
      examples: [
        'eval "$(swcli completion bash)"  # in ~/.bashrc',
        'eval "$(swcli completion zsh)"  # in ~/.zshrc',
        "swcli completion fish > ~/.config/fish/completions/swcli.fish",
      ],
    },
    args: {
      shell: { type: "positional", required: true, values: Object.keys(SCRIPTS), description: "The shell" },
    },
    async run({ args, data: out }) {
      const shell = hookedShell(args.shell);
      if (!shell)
        throw new SwError("USAGE", `no completion for ${args.shell}`, { hint: "There is bash, zsh and fish." });
      out.print(SCRIPTS[shell](await places(root), process.execPath), (text) => text);
    },
  });
