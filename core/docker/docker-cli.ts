/**
 * The client's docker: its program, engine and buildx, each missing piece an error of its own with the way out.
 * DOCKER_HOST, contexts and plugins are the docker CLI's own business, so it gets the client's environment.
 * Tests: test/unit/core/docker/docker-cli.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { copied } from "#core/platform/piece-loan.ts";
import { type RunOptions, type RunResult, run } from "#core/platform/proc.ts";

const ASK_MS = 20_000;

/** `docker ARGS` in the client's environment, with DOCKER_CLI_EXPERIMENTAL for 19.03. @throws SwError ENGINE_MISSING */
export async function docker(ctx: Ctx, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const program = dockerProgram(ctx);
  const env = { ...ctx.env, DOCKER_CLI_EXPERIMENTAL: "enabled", DOCKER_BUILDKIT: "1" };
  return await run(ctx, [program, ...args], { ...options, env });
}

/** On the client's PATH. */
export function dockerProgram(ctx: Pick<Ctx, "env" | "cwd">): string {
  const found = Bun.which("docker", { PATH: ctx.env.PATH ?? "", cwd: ctx.cwd });
  if (found) return found;
  throw new SwError("ENGINE_MISSING", "docker is not on your PATH", {
    hint: "Install docker.",
  });
}

/** Says why no docker engine can be used, or undefined. */
export async function engineProblem(ctx: Ctx): Promise<SwError | undefined> {
  try {
    const answer = await docker(ctx, ["version", "--format", "{{.Server.Version}}"], { deadlineMs: ASK_MS });
    const version = answer.stdout.trim();
    if (answer.exitCode !== 0 || version === "") return noEngine(answer.stderr);
    return isOld(version) ? oldEngine(version) : undefined;
  } catch (e) {
    if (e instanceof SwError && e.code === "ENGINE_MISSING") return e;
    throw e;
  }
}

const noEngine = (stderr: string) =>
  new SwError("ENGINE_MISSING", `no docker engine answers: ${lastLine(stderr)}`, {
    hint: "Start it, or set DOCKER_HOST.",
  });

const oldEngine = (version: string) =>
  new SwError("ENGINE_MISSING", `docker ${version} is too old: 19.03 or newer is needed`, {
    hint: "Upgrade docker.",
  });

/** Docker counts years and months: 19.03, 20.10, 28.2. */
function isOld(version: string): boolean {
  const [year = 0, month = 0] = version.split(".").map(Number);
  return year < 19 || (year === 19 && month < 3);
}

/** buildx may end with advice; the reason stands before it. */
export const lastReason = (stderr: string): string => {
  const reasons = [...stderr.matchAll(/^ERROR: (.+)$/gm)].map(([, reason]) => reason);
  return reasons.at(-1) ?? lastLine(stderr);
};

export const lastLine = (text: string): string => text.trim().split("\n").at(-1)?.trim() ?? "";

export async function requireEngine(ctx: Ctx): Promise<void> {
  const problem = await engineProblem(ctx);
  if (problem) throw problem;
}

/** Hands an archive over as docker takes it. @throws SwError IMAGE_FAILED with docker's words, and what `chunks` throws */
export async function loadArchive(ctx: Ctx, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const { stream, failure } = streamOf(chunks);
  const loaded = await docker(ctx, ["load"], { stdin: stream, onLine: (line) => ctx.report.log(line), lines: "both" });
  const broken = failure();
  if (broken !== undefined) throw broken;
  if (loaded.exitCode !== 0) throw new SwError("IMAGE_FAILED", `docker load failed: ${lastLine(loaded.stderr)}`);
}

/** Pulled one by one; what the chunks throw ends the stream and is kept. */
function streamOf(chunks: AsyncIterable<Uint8Array>) {
  const iterator = copied(chunks);
  let broken: unknown;
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    try {
      const next = await iterator.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    } catch (e) {
      broken = e;
      controller.close();
    }
  };
  const cancel = async () => void (await iterator.return(undefined));
  return { stream: new ReadableStream({ pull, cancel }, { highWaterMark: 0 }), failure: () => broken };
}
