import { defineCommand } from "#cli/command.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: { name: "stop", description: "Stop the daemon." },
  run() {
    throw new SwError("NOT_YET", "daemon stop is not there yet");
  },
});
