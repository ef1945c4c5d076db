import { defineCommand } from "#cli/command.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: { name: "shellenv", description: "Print the shell code that activates a runtime and its reverse." },
  run() {
    throw new SwError("NOT_YET", "runtime shellenv is not there yet");
  },
});
