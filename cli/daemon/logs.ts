/** `swcli daemon logs`: the end of the daemon's log. */
import { defineCommand } from "#cli/command.ts";
import { daemonTarget } from "#cli/daemon/target.ts";

const DEFAULT_LINES = "100";

export default defineCommand({
  meta: { name: "logs", description: "Show the end of the daemon's log" },
  args: {
    lines: { type: "string", short: ["n"], valueName: "N", default: DEFAULT_LINES, description: "How many lines" },
  },
  async run({ args, data: out }) {
    const { run } = await daemonTarget();
    const file = Bun.file(run.log);
    const text = (await file.exists()) ? await file.text() : "";
    const lines = text
      .trimEnd()
      .split("\n")
      .slice(-Math.max(1, Number(args.lines) || Number(DEFAULT_LINES)));
    out.print({ file: run.log, lines }, (value) => value.lines.join("\n"));
  },
});
