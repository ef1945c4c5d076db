/** `swcli job wait`: ends with the job's own exit code. */
import { defineCommand } from "#cli/command.ts";
import { followJob } from "#cli/job/follow.ts";
import { jobLine } from "#cli/output/views/jobs.ts";

export default defineCommand({
  meta: { name: "wait", description: "Wait until a job ends; its exit code is this command's" },
  args: {
    id: {
      type: "positional",
      required: true,
      valueName: "JOB",
      description: "Job id, or four letters of its beginning and more",
    },
  },
  async run({ args, data: out }) {
    out.print(await followJob(out, "job.wait", { id: args.id }), jobLine);
  },
});
