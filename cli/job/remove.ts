/** `swcli job remove`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { SwError } from "#core/errors.ts";
import { amount } from "#core/report.ts";

export default defineCommand({
  meta: {
    name: "remove",
    description: "Forget jobs that have ended, with their logs",
    examples: ["swcli job remove 3f2a1c", "swcli job remove --ended"],
  },
  args: {
    id: { type: "positional", repeat: true, valueName: "JOB", description: "Job ids or their beginnings" },
    ended: { type: "boolean", description: "All jobs that have ended" },
  },
  async run({ args, data: out }) {
    if (args.id.length === 0 && !args.ended) throw new SwError("USAGE", "name jobs, or give --ended");
    const result = await clientFor(out).call("job.remove", { ids: args.id, ended: args.ended });
    out.print(result, ({ removed }) => `removed ${amount(removed.length, "job")}`);
  },
});
