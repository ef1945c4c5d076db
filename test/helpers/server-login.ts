/** A home that is logged in to a test server. */
import type { StarwhaleServer } from "../servers/starwhale.ts";
import type { Home } from "./home.ts";

export async function loggedIn(home: Home, server: StarwhaleServer, alias = "pre-k8s"): Promise<void> {
  const args = ["instance", "login", server.url, "--alias", alias, "--username", "starwhale", "--password-stdin"];
  const done = await home.run(args, { stdin: "abcd1234\n" });
  if (done.exitCode !== 0) throw new Error(done.stderr);
}
