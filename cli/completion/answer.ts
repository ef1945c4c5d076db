/**
 * `swcli __complete WHAT WORD`: one line a word. Called at a press of Tab, so it takes the quick way and is silent about
 * everything that is wrong. Must stay free of heavy imports. Tests: test/e2e/completion.test.ts
 */
import { hotQuery, queryEnv } from "#cli/client/hot-query.ts";

export async function answerCompletion([what = "", word = ""]: readonly string[]): Promise<void> {
  const answer = (await quick(what, word)) ?? (await slow(what, word));
  if (answer && answer.words.length > 0) console.log(answer.words.join("\n"));
}

interface Answer {
  words: string[];
}

async function quick(what: string, word: string): Promise<Answer | undefined> {
  if (process.env.SW_NO_DAEMON) return undefined;
  const env = what === "kernel" ? { ...queryEnv(), ...jupyterEnv() } : queryEnv();
  return (await hotQuery("shell.complete", { what, word }, { cwd: "/", env })) as Answer | undefined;
}

/** Where Jupyter keeps its kernels depends on these. */
function jupyterEnv(): Record<string, string> {
  const env: Record<string, string> = {};
  if (process.env.JUPYTER_DATA_DIR) env.JUPYTER_DATA_DIR = process.env.JUPYTER_DATA_DIR;
  if (process.env.XDG_DATA_HOME) env.XDG_DATA_HOME = process.env.XDG_DATA_HOME;
  return env;
}

async function slow(what: string, word: string): Promise<Answer | undefined> {
  if (what !== "uri" && what !== "project" && what !== "env" && what !== "kernel") return undefined;
  const [{ createClient }, { silentReport }] = await Promise.all([
    import("#cli/client/client.ts"),
    import("#core/report.ts"),
  ]);
  const client = createClient({ noDaemon: false, report: silentReport });
  return await client.call("shell.complete", { what, word }).catch(() => undefined);
}
