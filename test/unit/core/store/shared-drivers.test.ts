import { expect, test } from "bun:test";
import { resolve } from "node:path";

const DRIVERS = resolve(import.meta.dir, "../../../../core/store/shared-drivers.ts");

/** The optional libraries that a process has loaded after it ran `code`. */
async function loadedAfter(code: string): Promise<string[]> {
  const script = `
    const drivers = await import(${JSON.stringify(DRIVERS)});
    ${code}
    const names = Object.keys(require.cache).flatMap((path) => /(ioredis|aws4fetch|drivers\\/(?:http|s3|redis))/.exec(path)?.[1] ?? []);
    console.log(JSON.stringify([...new Set(names)].sort()));
    process.exit(0);`;
  const child = Bun.spawn([process.execPath, "-e", script], {
    cwd: import.meta.dir,
    stdout: "pipe",
    stderr: "inherit",
  });
  return JSON.parse(await child.stdout.text());
}

const open = (driver: string, options: object) =>
  `await drivers.openShared({ env: {} }, ${JSON.stringify({ driver, options })}, 100);`;

test("libraries of drivers are loaded when their driver is used, and no other", async () => {
  expect(await loadedAfter("")).toEqual([]);
  expect(await loadedAfter(open("fs", { base: "/tmp" }))).toEqual([]);
  expect(await loadedAfter(open("http", { base: "http://127.0.0.1:1/" }))).toEqual(["drivers/http"]);
  const keys = { accessKeyId: "a", secretAccessKey: "b" };
  const bucket = { endpoint: "http://127.0.0.1:1", bucket: "b", region: "r", ...keys };
  expect(await loadedAfter(open("s3", bucket))).toEqual(["aws4fetch", "drivers/s3"]);
  expect(await loadedAfter(open("redis", { host: "127.0.0.1", port: 1 }))).toEqual(["drivers/redis", "ioredis"]);
}, 20_000);
