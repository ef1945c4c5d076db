import { defineCommand } from "#cli/command.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: { name: "history", description: "Show the versions of a runtime, newest first." },
  run() {
    throw new SwError("NOT_YET", "runtime history is not there yet");
  },
});
