/** `swcli daemon logs`: the end of the daemon's log, or all that one operation said, followed to its end. */
import { readAnswer, request } from "#cli/client/socket-transport.ts";
import { defineCommand } from "#cli/command.ts";
import { daemonTarget } from "#cli/daemon/target.ts";
import type { Out } from "#cli/output/out.ts";
import { SwError } from "#core/errors.ts";
import type { OpRow } from "#core/protocol/wire.ts";
import type { Report } from "#core/report.ts";

const DEFAULT_LINES = "100";

export default defineCommand({
  meta: {
    name: "logs",
    description: "Show the end of the daemon's log, or what one operation says",
    examples: ["swcli daemon logs", "swcli daemon logs --op 3f9a01c2d4e5  # the ids stand in the log"],
  },
  args: {
    lines: { type: "string", short: ["n"], valueName: "N", default: DEFAULT_LINES, description: "How many lines" },
    op: { type: "string", valueName: "ID", description: "From the start to the end of one operation" },
  },
  async run({ args, data: out }) {
    if (args.op !== undefined) return await followOp(args.op, out);
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

/** A mere watcher: closing it ends nothing. Its failure is shown, not ours. */
async function followOp(id: string, out: Out): Promise<void> {
  const lines: string[] = [];
  const say = (text: string) => {
    lines.push(text);
    if (!out.json) out.line(text);
  };
  const report = {
    progress: ({ text }: { text: string }) => say(text),
    log: say,
    warn: (t: string) => say(`warning: ${t}`),
  };
  const ended = await attach(id, report);
  if (ended instanceof SwError) say(`failed: ${ended.message} (${ended.code})`);
  out.print({ op: id, lines, failed: ended instanceof SwError ? ended.toJSON() : null }, (value) =>
    value.failed ? "" : "done",
  );
}

async function attach(id: string, report: Report): Promise<unknown> {
  const { target } = await daemonTarget();
  const ask = async (path: string) => await request(target, path).catch(() => undefined);
  const response = await ask(`/v1/ops/${encodeURIComponent(id)}`);
  if (!response) throw new SwError("JOB_NOT_FOUND", `no operation ${id}: no daemon is running`);
  if (response.status === 404) throw unknown(id, (await (await ask("/v1/ops"))?.json()) as OpRow[] | undefined);
  try {
    return await readAnswer({ response, target }, report);
  } catch (e) {
    if (e instanceof SwError && e.code !== "DAEMON_LOST") return e;
    throw e;
  }
}

function unknown(id: string, rows: OpRow[] = []): SwError {
  const known = rows
    .slice(-5)
    .map(({ op, title, ended_at }) => `${op} (${title}${ended_at === null ? ", running" : ""})`);
  return new SwError("JOB_NOT_FOUND", `no operation ${id}`, {
    hint: known.length > 0 ? `There are: ${known.join(", ")}.` : "None ran since the daemon started.",
  });
}
