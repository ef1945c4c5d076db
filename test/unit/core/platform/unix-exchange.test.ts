/** The blocking exchange with a real server in another process, and with everything that is none. */
import { expect } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { exchange } from "#core/platform/unix-exchange.ts";
import { needsLinux, testWith } from "../../../helpers/needs.ts";

const test = testWith(needsLinux());
const dir = mkdtempSync(`${tmpdir()}/exchange-`);
const whole = (text: string) => text.endsWith("\n");

/** Another process: this one blocks while it waits for the answer. */
async function server(name: string, answer: string): Promise<{ path: string; end: () => void }> {
  const path = `${dir}/${name}`;
  const code = `Bun.listen({ unix: ${JSON.stringify(path)}, socket: { async data(s, d) { ${answer} } } }); console.log("up");`;
  const child = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe" });
  await child.stdout.getReader().read();
  return { path, end: () => child.kill() };
}

test("a question goes out whole and the answer comes back, also in pieces and beyond one buffer", async () => {
  const { path, end } = await server(
    "echo",
    `s.write("a".repeat(100_000)); await Bun.sleep(20); s.write(d.length + "\\n");`,
  );
  const question = "q".repeat(500);
  expect(exchange(path, question, { timeoutSeconds: 5, isWhole: whole })).toBe(`${"a".repeat(100_000)}500\n`);
  end();
});

test("an answer that is cut by the other side's end is given as it came", async () => {
  const { path, end } = await server("cut", `s.end("half");`);
  expect(exchange(path, "q", { timeoutSeconds: 5, isWhole: whole })).toBe("half");
  end();
});

test("a silent listener is nobody after the time given", async () => {
  const { path, end } = await server("silent", "");
  expect(exchange(path, "q", { timeoutSeconds: 1, isWhole: whole })).toBeUndefined();
  end();
});

test("no socket, a dead one, a plain file and a path that is too long are nobody", async () => {
  writeFileSync(`${dir}/plain`, "");
  const { path, end } = await server("dead", "");
  end();
  for (const each of [`${dir}/none`, `${dir}/plain`, `${dir}/${"l".repeat(120)}`]) {
    expect(exchange(each, "q", { timeoutSeconds: 1, isWhole: whole })).toBeUndefined();
  }
  while (exchange(path, "q", { timeoutSeconds: 1, isWhole: whole }) !== undefined) await Bun.sleep(10);
});
