import { expect, test } from "bun:test";
import { SwError } from "#core/errors.ts";
import { reasonForBuildx, reasonToGoOn } from "#core/ops/choose-engine.ts";
import { manifest, planOf } from "../docker/subject.ts";

const commands = (list: string) =>
  planOf({ manifest: manifest(`dependencies: { raw_deps: [{ kind: command, deps: [${list}] }] }\n`) });

test("what has to run, and what is asked for, is buildx's; a builder's name is a wish for it", () => {
  expect(reasonForBuildx("auto", planOf())).toBeUndefined();
  expect(reasonForBuildx("direct", planOf())).toBeUndefined();
  expect(reasonForBuildx("buildx", planOf())).toBe("it was asked for");
  expect(reasonForBuildx("auto", planOf({ builder: "mine" }))).toBe("--builder names mine");
  expect(reasonForBuildx("auto", commands("a"))).toBe("a command has to run inside the image");
  expect(reasonForBuildx("auto", commands("a, b"))).toBe("2 commands have to run inside the image");
  expect(() => reasonForBuildx("direct", commands("a"))).toThrow("which the direct engine can't do");
});

test("what the registry denies us or can't give is left to docker; the reason is one line without a loose end", () => {
  const unread = (e: SwError) => reasonToGoOn(e);
  for (const code of ["AUTH_FAILED", "TRANSFER_FAILED"] as const)
    expect(unread(new SwError(code, "r.example: x:1: 500 oh"))).toBe(
      "the base image can't be read (r.example: x:1: 500 oh)",
    );
  const missing = new SwError("IMAGE_FAILED", "no base image x", { detail: { missing: true } });
  expect(unread(missing)).toBe("the base image can't be read (no base image x)");
  const built = new SwError("IMAGE_FAILED", "x has no wheel for this platform:\n  because", {
    detail: { needs_build: true },
  });
  expect(reasonToGoOn(built)).toBe("x has no wheel for this platform");
  expect(reasonToGoOn(new SwError("IMAGE_FAILED", "the packages could not be installed"))).toBeUndefined();
  expect(reasonToGoOn(new SwError("CANCELLED", "cancelled"))).toBeUndefined();
});
