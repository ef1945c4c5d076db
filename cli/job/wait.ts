/** `swcli job wait`: ends with the job's own exit code. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { jobLine } from "#cli/output/views/jobs.ts";

export default defineCommand({
  meta: { name: "wait", description: "Wait until a job ends; its exit code is this command's" },
  args: { id: { type: "positional", required: true, valueName: "JOB", description: "Job id or its beginning" } },
  async run({ args, data: out }) {
    out.print(await clientFor(out).call("job.wait", { id: args.id }), jobLine);
  },
});
