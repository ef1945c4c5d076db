/** The requirement sets that lock and env are measured with, and the projects made of them. */
import { type Place, project, timed } from "./place.ts";

export const SETS: Readonly<Record<string, readonly string[]>> = {
  // About thirty small distributions.
  small: ["flask", "requests", "click", "rich", "pydantic", "httpx", "jinja2", "tqdm", "packaging", "attrs", "pyyaml"],
  // A few large ones, 300 MB and more.
  sci: ["numpy", "pandas", "scipy", "scikit-learn", "matplotlib"],
};

/** Python's minor version for both sides: that of `python3`, written into both inputs. */
export async function pythonMinor(place: Place): Promise<string> {
  const script = "import sys; print('%d.%d' % sys.version_info[:2])";
  return (await timed(place, ["python3", "-c", script])).stdout.trim();
}

/** A folder with a runtime.yaml for swcli and a pyproject.toml for uv that ask for the same. */
export async function bothProjects(place: Place, set: string, python: string): Promise<string> {
  const requirements = SETS[set] ?? [];
  const environments = ["x86_64", "aarch64"].map((one) => `"sys_platform == 'linux' and platform_machine == '${one}'"`);
  return await project(place, `project-${set}`, {
    "runtime.yaml": [
      `name: ${set}`,
      "environment:",
      `  python: "${python}"`,
      "dependencies:",
      "  - pip:",
      ...requirements.map((one) => `      - ${one}`),
      "",
    ].join("\n"),
    "pyproject.toml": [
      "[project]",
      `name = "bench-${set}"`,
      'version = "0"',
      `requires-python = "==${python}.*"`,
      `dependencies = [${requirements.map((one) => `"${one}"`).join(", ")}]`,
      "[tool.uv]",
      `environments = [${environments.join(", ")}]`,
      "",
    ].join("\n"),
  });
}
