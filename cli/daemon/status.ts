import { defineCommand } from "#cli/command.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: { name: "status", description: "Show the daemon's state." },
  run() {
    throw new SwError("NOT_YET", "daemon status is not there yet");
  },
});
