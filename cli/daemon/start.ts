import { defineCommand } from "#cli/command.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: { name: "start", description: "Start the daemon." },
  run() {
    throw new SwError("NOT_YET", "daemon start is not there yet");
  },
});
