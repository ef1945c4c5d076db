/**
 * The platforms that a lock covers: `environment.arch` and this machine, their names and their markers.
 * Knows nothing of uv's files. Tests: test/unit/core/lock/platforms.test.ts
 */
import { SwError } from "#core/errors.ts";

/** "linux-x86_64", "linux-aarch64", "darwin-arm64", "darwin-x86_64". */
export type PlatformName = string;

export interface PlatformPlan {
  /** Sorted; what the resolution tries to cover. */
  platforms: PlatformName[];
  /** Those that must not be dropped: all that were named, else this machine's own. */
  required: PlatformName[];
}

const LINUX: ReadonlyMap<string, PlatformName> = new Map([
  ["amd64", "linux-x86_64"],
  ["x86_64", "linux-x86_64"],
  ["arm64", "linux-aarch64"],
  ["aarch64", "linux-aarch64"],
]);

/** The platform that this program runs on. */
export function thisPlatform(): PlatformName {
  if (process.platform === "darwin") return process.arch === "arm64" ? "darwin-arm64" : "darwin-x86_64";
  return process.arch === "arm64" ? "linux-aarch64" : "linux-x86_64";
}

/**
 * What `environment.arch` asks for. Nothing or `noarch` means both kinds of Linux and this machine.
 * @throws SwError MANIFEST_ARCH for a name that we don't know.
 */
export function planPlatforms(arch: readonly string[], own: PlatformName = thisPlatform()): PlatformPlan {
  const named = arch.map((name) => name.toLowerCase()).filter((name) => name !== "" && name !== "noarch");
  if (named.length === 0 || arch.some((name) => name.toLowerCase() === "noarch")) {
    return { platforms: sorted(["linux-x86_64", "linux-aarch64", own]), required: [own] };
  }
  const platforms = sorted(named.map(linuxPlatform));
  return { platforms, required: platforms };
}

function linuxPlatform(name: string): PlatformName {
  const platform = LINUX.get(name);
  if (platform !== undefined) return platform;
  throw new SwError("MANIFEST_ARCH", `environment.arch ${name} is not supported`, {
    hint: "Use amd64, arm64 or noarch.",
  });
}

/** A platform as people write it: `linux-x86_64`, `linux/amd64`, `arm64`, `darwin-arm64`. @throws USAGE */
export function platformNamed(text: string): PlatformName {
  const name = text.trim().toLowerCase().replace("/", "-");
  if (/^darwin-(arm64|x86_64)$/.test(name)) return name;
  const platform = LINUX.get(name.replace(/^linux-/, ""));
  if (platform !== undefined) return platform;
  throw new SwError("USAGE", `the platform ${JSON.stringify(text)} is not known`, {
    hint: "Use linux-x86_64 (amd64), linux-aarch64 (arm64), darwin-arm64 or darwin-x86_64.",
  });
}

const sorted = (names: PlatformName[]) => [...new Set(names)].sort();

/** The marker (PEP 508) that is true on exactly this platform. */
export function platformMarker(platform: PlatformName): string {
  const [system, machine] = splitPlatform(platform);
  return `sys_platform == '${system}' and platform_machine == '${machine}'`;
}

/** `["linux", "x86_64"]` of `linux-x86_64`. */
export function splitPlatform(platform: PlatformName): [string, string] {
  const dash = platform.indexOf("-");
  return [platform.slice(0, dash), platform.slice(dash + 1)];
}
