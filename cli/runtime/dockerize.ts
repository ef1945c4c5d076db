/** `swcli runtime dockerize`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { detachArgs, startDetached } from "#cli/job/detach.ts";
import { imageResultView } from "#cli/output/views/image-result.ts";
import type { ParamsOf } from "#core/protocol/methods.ts";

export default defineCommand({
  meta: {
    name: "dockerize",
    description: "Make a docker image of a runtime, with docker or without",
    examples: [
      "swcli runtime dockerize mnist -t registry.example/team/mnist:1 --push",
      "swcli runtime dockerize mnist -t mnist:1  # into the local docker",
      "swcli runtime dockerize mnist --platform amd64 --platform arm64 -t registry.example/team/mnist:1 --push",
    ],
  },
  args: {
    uri: { type: "positional", required: true, valueName: "RUNTIME", description: "Runtime URI" },
    tag: {
      type: "string",
      short: ["t"],
      repeat: true,
      valueName: "IMAGE",
      description: "Name of the image; can be repeated",
    },
    push: { type: "boolean", description: "Push the image to its registry" },
    platform: {
      type: "string",
      repeat: true,
      valueName: "PLATFORM",
      description: "amd64 (default) or arm64; can be repeated",
    },
    engine: {
      type: "string",
      values: ["auto", "buildx", "direct"],
      valueName: "ENGINE",
      default: "auto",
      description: "direct needs no docker; buildx can run commands and build packages",
    },
    builder: {
      type: "string",
      valueName: "NAME",
      description: "Builder of buildx, which is used then (default: its current one)",
    },
    "base-image": { type: "string", valueName: "IMAGE", description: "Base image instead of the runtime's" },
    to: {
      type: "string",
      valueName: "KIND=PATH",
      description: "oci-layout=DIR or docker-archive=FILE instead of docker; nothing is replaced",
    },
    "dry-run": { type: "boolean", description: "Print the Dockerfile and the commands, make nothing" },
    compression: {
      type: "string",
      values: ["gzip", "zstd"],
      valueName: "KIND",
      description: "Of layers (default: gzip)",
    },
    format: {
      type: "string",
      values: ["oci", "docker"],
      valueName: "KIND",
      description: "Of manifests (default: oci)",
    },
    "insecure-registry": {
      type: "string",
      repeat: true,
      valueName: "HOST",
      description: "Speak plain http to this registry",
    },
    ...detachArgs,
    "build-anyway": {
      type: "boolean",
      description: "Build when the registry of configs.docker.image can't be reached",
    },
  },
  async run({ args, data: out }) {
    const params: ParamsOf<"runtime.dockerize"> = {
      uri: args.uri,
      tags: args.tag,
      push: args.push,
      platforms: args.platform,
      builder: args.builder,
      baseImage: args["base-image"],
      dryRun: args["dry-run"],
      engine: args.engine,
      to: args.to,
      compression: args.compression,
      format: args.format,
      insecure: args["insecure-registry"],
      buildAnyway: args["build-anyway"],
    };
    if (args.detach && !args["dry-run"]) return await startDetached(out, "runtime.dockerize", params);
    out.print(await clientFor(out).call("runtime.dockerize", params), imageResultView);
  },
});
