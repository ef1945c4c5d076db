/** A project whose lock waits for an index that takes its time. */
import type { Home, RunOptions } from "../helpers/home.ts";
import { type PackageIndex, servePackages } from "../servers/package-index.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";

export interface SlowProject extends AsyncDisposable {
  readonly index: PackageIndex;
  readonly dir: string;
  /** To run its build with. */
  readonly options: RunOptions & { cwd: string };
  /** Resolves when its resolution has begun. */
  asked(): Promise<void>;
}

/** `pace.delayMs` goes before each answer of the index, and may change. */
export async function slowProject(home: Home, pace: { delayMs: number }): Promise<SlowProject> {
  const wheel = await makeWheel(`${home.dir}/wheels`, { name: "revpkg" });
  const index = await servePackages([wheel], pace);
  const yaml = `name: demo\nenvironment: {python: 3.11}\nconfigs: {pip: {index_url: "${index.url}"}}\ndependencies: [{pip: [revpkg]}]\n`;
  const dir = await home.project({ "runtime.yaml": yaml });
  const env = { UV_CACHE_DIR: `${home.dir}/uv-cache`, PIP_FIND_LINKS: undefined, PIP_EXTRA_INDEX_URL: undefined };
  return {
    index,
    dir,
    options: { cwd: dir, env },
    async asked() {
      while (index.asked.length === 0) await Bun.sleep(5);
    },
    [Symbol.asyncDispose]: () => index[Symbol.asyncDispose](),
  };
}
