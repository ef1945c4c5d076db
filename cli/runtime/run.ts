import { defineCommand } from "#cli/command.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: { name: "run", description: "Run a command in a runtime." },
  run() {
    throw new SwError("NOT_YET", "runtime run is not there yet");
  },
});
