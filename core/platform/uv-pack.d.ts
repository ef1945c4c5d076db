/** The packed uv is made by scripts/setup; TypeScript need not see it. */
declare module "#uv-pack" {
  const path: string;
  export default path;
}
