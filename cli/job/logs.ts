/** `swcli job logs`. */
import { defineCommand } from "#cli/command.ts";
import { followJob } from "#cli/job/follow.ts";
import { safeLines } from "#cli/output/escape.ts";

export default defineCommand({
  meta: {
    name: "logs",
    description: "Show the log of a job from its start",
    examples: ["swcli job logs 3f2a1c", "swcli job logs -f 3f2a1c  # until it ends"],
  },
  args: {
    id: {
      type: "positional",
      required: true,
      valueName: "JOB",
      description: "Job id, or four letters of its beginning and more",
    },
    follow: { type: "boolean", short: ["f"], description: "Go on until the job ends" },
  },
  async run({ args, data: out }) {
    const lines: string[] = [];
    const log = (text: string) => (out.json ? lines.push(text) : out.line(safeLines(text)));
    const report = { ...out.report, log: (text: string) => void log(text) };
    const job = await followJob(out, "job.logs", { id: args.id, follow: args.follow }, report);
    if (out.json) out.print({ ...job, lines }, () => "");
  },
});
