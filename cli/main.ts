/**
 * Entry of the binary: version, hot path, daemon, or the long way. Imports nothing heavy (test/arch/imports.test.ts):
 * every import here is paid for by each `run -- true`.
 */
import { tryHot } from "#cli/hot.ts";
import { VERSION } from "#core/platform/build-info.ts";

async function main(argv: string[]): Promise<void> {
  if (argv.length === 1 && argv[0] === "--version") return console.log(VERSION);
  if (argv[0] === "__daemon" && argv[1] !== undefined) {
    const { daemonMain } = await import("#daemon/main.ts");
    return await daemonMain(argv[1]);
  }
  if (argv[0] === "__complete") {
    const { answerCompletion } = await import("#cli/completion/answer.ts");
    return await answerCompletion(argv.slice(1));
  }
  if (argv[0] === "__pack") {
    const { packMain } = await import("#daemon/pack.ts");
    process.exit(await packMain());
  }
  if (argv[0] === "__child") return await becomeChild(argv.slice(1));
  await tryHot(argv);
  const { runCli } = await import("#cli/run.ts");
  process.exit(await runCli(argv));
}

/** An engine that a daemon starts: tied to its parent's life, then replaced by the engine (core/platform/proc.ts). */
async function becomeChild(argv: string[]): Promise<never> {
  const { becomeEngine } = await import("#cli/shell/engine.ts");
  return becomeEngine(argv);
}

// A rejection would print a code frame; runCli never throws and the rest is our bug, said in one line.
main(process.argv.slice(2)).catch((e: unknown) => {
  console.error(`error: ${e instanceof Error ? (e.stack ?? e.message) : String(e)}`);
  process.exit(1);
});
