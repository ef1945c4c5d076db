import { defineCommand } from "#cli/command.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: { name: "logs", description: "Show the daemon's log." },
  run() {
    throw new SwError("NOT_YET", "daemon logs is not there yet");
  },
});
