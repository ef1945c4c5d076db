/** `swcli job info`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { jobView } from "#cli/output/views/job-info.ts";

export default defineCommand({
  meta: { name: "info", description: "Show everything about one job" },
  args: {
    id: {
      type: "positional",
      required: true,
      valueName: "JOB",
      description: "Job id, or four letters of its beginning and more",
    },
  },
  async run({ args, data: out }) {
    out.print(await clientFor(out).call("job.info", { id: args.id }), jobView);
  },
});
