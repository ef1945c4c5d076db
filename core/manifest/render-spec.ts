/**
 * The runtime.yaml of a runtime that was made without one: from an environment or an image. Written so that building from
 * it gives the same packages again. Pure. Tests: test/unit/core/manifest/render-spec.test.ts
 */
import { stringify } from "yaml";
import type { Mode } from "#core/manifest/spec.ts";

export interface RenderedSpec {
  name: string;
  mode: Mode;
  /** As exact as it is known. */
  python: string;
  arch: readonly string[];
  cuda: string;
  cudnn: string;
  pip: readonly string[];
  wheels: readonly string[];
  /** For conda: `name=version=build` and the channels that they came from. */
  conda?: { packages: readonly string[]; channels: readonly string[] };
}

export function renderSpec(spec: RenderedSpec): string {
  const { name, mode, python, arch, cuda, cudnn, conda } = spec;
  const dependencies = [
    ...(conda ? [{ conda: conda.packages }] : []),
    ...(spec.pip.length > 0 ? [{ pip: spec.pip }] : []),
    ...(spec.wheels.length > 0 ? [{ wheels: spec.wheels }] : []),
  ];
  return text({
    api_version: "1.1",
    ...(conda && { configs: { conda: { channels: conda.channels } } }),
    dependencies,
    environment: { arch, cuda, cudnn, os: "ubuntu:20.04", python },
    mode,
    name,
  });
}

/** The image is the runtime: nothing else is said. */
export const renderImageSpec = (name: string, image: string) => text({ environment: { docker: { image } }, name });

/** Versions are quoted: for older readers of yaml 3.10 is a number. */
const text = (value: unknown) =>
  stringify(value, { version: "1.1", lineWidth: 0, singleQuote: true, indentSeq: false });
