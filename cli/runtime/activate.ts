import { defineCommand } from "#cli/command.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: { name: "activate", description: "Enter a shell in which a runtime is active." },
  run() {
    throw new SwError("NOT_YET", "runtime activate is not there yet");
  },
});
