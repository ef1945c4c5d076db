/**
 * What a wheel's file name says: name, version, tags. Knows no disk. Tests: test/unit/core/lock/wheel-name.test.ts
 */
import type { PlatformName } from "#core/lock/platforms.ts";
import { splitPlatform } from "#core/lock/platforms.ts";

export interface WheelName {
  /** Normalised (PEP 503). */
  name: string;
  version: string;
  python: string[];
  abi: string[];
  platform: string[];
}

/** PEP 503: lower case, runs of `-_.` are one dash. */
export const normalizeName = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, "-");

/** The parts of `name-version[-build]-python-abi-platform.whl`, or undefined when it is none. */
export function parseWheelName(file: string): WheelName | undefined {
  if (!file.endsWith(".whl")) return undefined;
  const parts = file.slice(0, -".whl".length).split("-");
  if (parts.length !== 5 && parts.length !== 6) return undefined;
  const [name = "", version = ""] = parts;
  const [python = "", abi = "", platform = ""] = parts.slice(-3);
  if (name === "" || version === "") return undefined;
  return {
    name: normalizeName(name),
    version,
    python: python.split("."),
    abi: abi.split("."),
    platform: platform.split("."),
  };
}

/** The platforms among `platforms` that the wheel's tags fit (glibc versions are not looked at). */
export function fittingPlatforms(wheel: WheelName, platforms: readonly PlatformName[]): PlatformName[] {
  return platforms.filter((platform) => wheel.platform.some((tag) => tagFits(tag, platform)));
}

function tagFits(tag: string, platform: PlatformName): boolean {
  if (tag === "any") return true;
  const [system, machine] = splitPlatform(platform);
  if (system === "linux") return /^(many|musl)?linux/.test(tag) && tag.endsWith(`_${machine}`);
  return tag.startsWith("macosx_") && (tag.endsWith(`_${machine}`) || tag.endsWith("_universal2"));
}

/** Whether a CPython of this minor version ("3.11") can use it. */
export function fitsPython(wheel: WheelName, minor: string): boolean {
  const own = Number(minor.split(".")[1]);
  return wheel.python.some((tag) => {
    const [, kind, digits = ""] = /^(py|cp)3(\d*)$/.exec(tag) ?? [];
    const number = digits === "" ? 0 : Number(digits);
    if (kind === "py") return number <= own && wheel.abi.includes("none");
    if (kind !== "cp" || digits === "") return false;
    const abis = number === own ? [`cp3${own}`, `cp3${own}m`, "abi3", "none"] : ["abi3"];
    return number <= own && abis.some((abi) => wheel.abi.includes(abi));
  });
}
