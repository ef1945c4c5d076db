import { defineCommand } from "#cli/command.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: { name: "restart", description: "Stop and start the daemon." },
  run() {
    throw new SwError("NOT_YET", "daemon restart is not there yet");
  },
});
