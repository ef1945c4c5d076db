/** What the tests that need docker share: which engines this machine has, and homes that see them. */
import { mkdir, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Env, type Home, tempHome } from "../helpers/home.ts";

const answer = (...argv: string[]): string | undefined => {
  if (!Bun.which(argv[0] ?? "")) return undefined;
  const ran = Bun.spawnSync(argv, { stdout: "pipe", stderr: "ignore" });
  return ran.exitCode === 0 ? ran.stdout.toString() : undefined;
};

/** The remote BuildKit of scripts/docker-lab. */
export const LAB_BUILDER = "swcli-lab";
const lab = answer("docker", "buildx", "inspect", LAB_BUILDER);

export const noEngine: string | undefined = answer("docker", "version") === undefined ? "a docker engine" : undefined;
export const noBuildx: string | undefined =
  noEngine ?? (answer("docker", "buildx", "version") === undefined ? "docker's buildx" : undefined);
export const noBuilder: string | undefined = lab === undefined ? "a remote BuildKit" : undefined;

/** `host:port` of the lab's BuildKit. */
export const labAddress = (): string => /^Endpoint:\s+tcp:\/\/(\S+)/m.exec(lab ?? "")?.[1] ?? "";

const developersDocker = () => process.env.DOCKER_CONFIG ?? join(homedir(), ".docker");

/** A home that sees the developer's docker: its plugins, contexts and builders. */
export const dockerHome = async (env: Env = {}): Promise<Home> =>
  await tempHome({ env: { DOCKER_CONFIG: developersDocker(), ...env } });

/** A home with a docker configuration of its own: the developer's plugins, and builders that go with it. */
export async function ownDockerHome(env: Env = {}): Promise<Home> {
  const home = await tempHome({ env });
  await mkdir(join(home.dir, ".docker"), { recursive: true });
  await symlink(join(developersDocker(), "cli-plugins"), join(home.dir, ".docker/cli-plugins"));
  return home;
}

/** A builder of this home. @param address `host:port` of a BuildKit */
export async function addBuilder(home: Home, name: string, address: string): Promise<void> {
  const made = await home.exec([
    "docker",
    "buildx",
    "create",
    "--name",
    name,
    "--driver",
    "remote",
    `tcp://${address}`,
  ]);
  if (made.exitCode !== 0) throw new Error(made.stderr);
}
