import { defineCommand } from "#cli/command.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: { name: "info", description: "Show what a runtime version holds." },
  run() {
    throw new SwError("NOT_YET", "runtime info is not there yet");
  },
});
