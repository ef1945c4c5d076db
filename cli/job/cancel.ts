/** `swcli job cancel`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { jobLine } from "#cli/output/views/jobs.ts";

export default defineCommand({
  meta: { name: "cancel", description: "Cancel a job and wait until nothing of it runs" },
  args: {
    id: {
      type: "positional",
      required: true,
      valueName: "JOB",
      description: "Job id, or four letters of its beginning and more",
    },
  },
  async run({ args, data: out }) {
    out.print(await clientFor(out).call("job.cancel", { id: args.id }), jobLine);
  },
});
