/** Virtual environments made by real tools, with packages in them, and the lock that a build made of one. */
import { expect } from "bun:test";
import { join } from "node:path";
import type { Home } from "../helpers/home.ts";
import { uvProgram } from "./env-state.ts";

export type Maker = "venv" | "uv" | "virtualenv";

/** @param packages arguments of `uv pip install` */
export async function makeEnv(
  home: Home,
  maker: Maker,
  packages: string[],
  at: string = `envs/${maker}`,
): Promise<string> {
  const prefix = join(home.dir, at);
  const uv = await uvProgram(home);
  const made = {
    venv: ["python3", "-m", "venv", prefix],
    uv: [uv, "venv", "-q", prefix],
    virtualenv: [uv, "tool", "run", "-q", "virtualenv", "-q", prefix],
  }[maker];
  expect((await home.exec(made)).exitCode).toBe(0);
  if (packages.length > 0) {
    const installed = await home.exec([uv, "pip", "install", "-q", "--python", `${prefix}/bin/python`, ...packages]);
    expect(installed.stderr).not.toContain("error");
  }
  return prefix;
}

/** As Python itself says where packages lie. */
export async function siteOf(home: Home, prefix: string): Promise<string> {
  const asked = await home.exec([`${prefix}/bin/python`, "-c", "import site; print(site.getsitepackages()[0])"]);
  return asked.stdout.trim();
}

/** "" where the runtime has no such lock file. */
export async function lockText(home: Home, name: string, file = "requirements-sw-lock.txt"): Promise<string> {
  const { json } = await home.run(["runtime", "info", name, "-of", "lock", "-o", "json"]);
  return (json.data ?? json.lock ?? json)[file] ?? "";
}
