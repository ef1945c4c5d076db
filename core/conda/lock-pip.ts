/**
 * The pip part of another tool's lock file as lines of a requirement file: each for the platforms that it is listed for, with
 * the hashes that the file gives. Pure. Tests: test/unit/core/conda/lock-pip.test.ts
 */
import { platformOf } from "#core/conda/platform.ts";
import { type PlatformName, platformMarker } from "#core/lock/platforms.ts";
import type { CondaLockInput } from "#core/manifest/conda-lock-input.ts";

interface Pin {
  platforms: PlatformName[];
  hashes: Set<string>;
}

/** Platforms that no runtime can have (Windows) are left out. */
export function pipLines({ platforms, pip }: CondaLockInput): string[] {
  const subdirs = [...new Set([...Object.keys(platforms), ...Object.keys(pip)])].filter(platformOf);
  const pins = new Map<string, Pin>();
  for (const subdir of subdirs) {
    for (const { requirement, sha256 } of pip[subdir] ?? []) {
      const pin = pins.get(requirement) ?? { platforms: [], hashes: new Set() };
      pins.set(requirement, pin);
      pin.platforms.push(platformOf(subdir) ?? "");
      if (sha256) pin.hashes.add(sha256);
    }
  }
  return [...pins].map(([requirement, pin]) => lineOf(requirement, pin, subdirs.length));
}

function lineOf(requirement: string, { platforms, hashes }: Pin, all: number): string {
  const markers = [...new Set(platforms)].map((platform) => `(${platformMarker(platform)})`).sort();
  const marker = markers.length === all ? "" : ` ; ${markers.join(" or ")}`;
  return [requirement + marker, ...[...hashes].sort().map((hash) => `--hash=sha256:${hash}`)].join(" ");
}
