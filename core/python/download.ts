/**
 * A Python that nobody has here, got by uv: for this machine's environments, and for images of any platform.
 * Tests: test/unit/core/python/find.test.ts, test/e2e/dockerize-python.test.ts
 */
import { isOffline } from "#core/config/offline.ts";
import type { Ctx } from "#core/context.ts";
import { runUv } from "#core/engines/uv.ts";

/**
 * Why the download failed, or undefined. Retries would only make an offline person wait.
 * @param request `3.11`, or `cpython-3.11-linux-aarch64-gnu` for another platform
 * @param folder instead of uv's own one
 */
export async function downloadPython(ctx: Ctx, request: string, folder?: string): Promise<string | undefined> {
  if (isOffline(ctx.env)) return "not tried (UV_OFFLINE is set)";
  if (ctx.env.UV_PYTHON_DOWNLOADS === "never") return "not tried (UV_PYTHON_DOWNLOADS=never)";
  const where = folder === undefined ? [] : ["--install-dir", folder];
  const result = await runUv(ctx, ["python", "install", "--no-bin", ...where, request], {
    cwd: ctx.cwd,
    env: {
      UV_PYTHON_DOWNLOADS: "manual",
      UV_HTTP_RETRIES: ctx.env.UV_HTTP_RETRIES || "0",
      UV_HTTP_TIMEOUT: ctx.env.UV_HTTP_TIMEOUT || "15",
      UV_HTTP_CONNECT_TIMEOUT: ctx.env.UV_HTTP_CONNECT_TIMEOUT || "5",
    },
    onLine: (line) => ctx.report.log(line),
  });
  return result.exitCode === 0 ? undefined : lastReason(result.stderr);
}

/** uv prints a chain of causes: what it wanted and the end of the chain are what a person can act on. */
function lastReason(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim().replace(/^(error|cause|Caused by):\s*/, ""));
  const wanted = lines.find((line) => line.startsWith("Failed to download"));
  const last = lines.findLast((line) => line !== "") ?? "uv gave no reason";
  // A mirror's address may carry a password.
  const text = wanted === undefined || wanted === last ? last : `${wanted}: ${last}`;
  return text.replace(/:\/\/[^/\s@]*@/g, "://***@");
}
