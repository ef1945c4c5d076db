/** The embedded uv, a path for `Bun.file`; scripts/setup makes the file, package.json maps the name. */
declare module "#uv-pack" {
  const path: string;
  export default path;
}
