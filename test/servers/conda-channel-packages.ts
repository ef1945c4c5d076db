/** What the test channels offer besides Python: pure and native packages, and sets that can't be solved. */
import { type PackageSpec, PLACEHOLDER } from "./conda-package.ts";

export function pure(name: string, version: string, more: Partial<PackageSpec> = {}): PackageSpec {
  const info = `site-packages/${name}-${version}.dist-info`;
  const requires = (more.depends ?? []).map((one) => one.split(" ")[0]).filter((one) => one !== "python");
  return {
    name,
    version,
    build: "py_0",
    noarch: "python",
    ...more,
    depends: ["python >=3.8", ...(more.depends ?? [])],
    files: {
      [`site-packages/${name}.py`]: {
        content: `__version__ = "${version}"\ndef main():\n    print("${name}", __version__)\n`,
      },
      [`${info}/METADATA`]: {
        content: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${requires.map((one) => `Requires-Dist: ${one}\n`).join("")}`,
      },
      [`${info}/INSTALLER`]: { content: "conda\n" },
      [`${info}/RECORD`]: { content: "" },
      ...more.files,
    },
  };
}

export const mainPackages = (minor: string): PackageSpec[] => [
  pure("loud", "1.0", { format: "tar.bz2" }),
  pure("loud", "1.1"),
  pure("calm", "1.0"),
  pure("calm", "2.0"),
  pure("hail", "1.0", { depends: ["loud <1.1"], entryPoints: ["hail = hail:main"] }),
  pure("hail", "2.0", { depends: ["loud >=1.1"], entryPoints: ["hail = hail:main"] }),
  {
    name: "torn",
    version: "1.0",
    noarch: "generic",
    depends: ["loud >=1.1", "hail 1.*"],
    files: { "share/torn": { content: "x" } },
  },
  { name: "wantscuda", version: "1.0", depends: ["__cuda >=11.4"], files: { "share/wantscuda": { content: "x" } } },
  { name: "everywhere", version: "1.0", noarch: "generic", files: { "share/everywhere": { content: "x" } } },
  native(minor),
];

/** For solves only: nothing of it runs anywhere. */
export const armPackages = ({ python, minor }: { python: string; minor: string }): PackageSpec[] => {
  const stub = (name: string): Pick<PackageSpec, "subdir" | "files"> => ({
    subdir: "linux-aarch64",
    files: { [`bin/${name}`]: { content: "#!/bin/sh\n", executable: true } },
  });
  return [
    { name: "python", version: python, build: "arm_0_cpython", depends: ["__glibc >=2.17"], ...stub(`python${minor}`) },
    { name: "native", version: "1.0", build: "arm_0", depends: [`python >=${minor},<${minor}.99`], ...stub("native") },
    { name: "wantscuda", version: "1.0", build: "arm_0", depends: ["__cuda >=11.4"], ...stub("wantscuda") },
  ];
};

/** Everything that linking has to get right. */
const native = (minor: string): PackageSpec => ({
  name: "native",
  version: "1.0",
  build: "h1_0",
  depends: [`python >=${minor},<${minor}.99`],
  files: {
    "bin/native-info": {
      content: `#!${PLACEHOLDER}/bin/python${minor}\nimport sys\nprint(sys.prefix)\n`,
      executable: true,
    },
    "etc/native.conf": { content: `home = ${PLACEHOLDER}/share/native\n` },
    "lib/native.bin": {
      content: Buffer.from(`head\0${PLACEHOLDER}/share/native\0tail ${PLACEHOLDER}:${PLACEHOLDER}/x\0end`),
    },
    "lib/native.1": { link: "native.bin" },
    "share/native/data.txt": { content: "data\n" },
    "etc/conda/activate.d/native.sh": {
      content:
        'export NATIVE_HOME="$CONDA_PREFIX/share/native"\nexport PATH="$CONDA_PREFIX/libexec:$PATH"\necho noise\n',
    },
    "etc/conda/deactivate.d/native.sh": { content: 'touch "$HOME/native-left"\nunset NATIVE_HOME\n' },
    "etc/conda/env_vars.d/native.json": { content: '{"NATIVE_JSON": "from json"}' },
    "bin/.native-post-link.sh": {
      content: '#!/bin/sh\necho "$PKG_NAME $PKG_VERSION" > "$PREFIX/share/native/linked"\n',
      executable: true,
    },
  },
});
