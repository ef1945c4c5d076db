import { expect, test } from "bun:test";
import { parseBuilder } from "#core/docker/buildx-builder.ts";

test("what buildx inspect prints says the driver and whether times can be set", () => {
  const remote =
    "Name:   lab\nDriver: remote\n\nNodes:\nName: lab0\nStatus: running\nBuildKit version: v0.19.0\nPlatforms: linux/amd64\n";
  expect(parseBuilder(remote, { name: "lab", version: "0.20.1" })).toEqual({
    name: "lab",
    driver: "remote",
    canRewrite: true,
    canAttest: true,
  });
  const docker = "Name:   default\nDriver: docker\n\nNodes:\nName: default\nBuildkit: v0.8+unknown\n";
  expect(parseBuilder(docker, { name: undefined, version: "0.9.1" })).toMatchObject({
    driver: "docker",
    canRewrite: false,
    canAttest: false,
  });
  const old = "Driver: docker-container\nBuildkit: 0.12.5\n";
  expect(parseBuilder(old, { name: "x", version: "1.0.0" })).toMatchObject({ canRewrite: false, canAttest: true });
});
