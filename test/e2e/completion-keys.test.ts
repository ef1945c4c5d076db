/** Tab, pressed in real shells in a real terminal: what the script's functions offer has to arrive on the line. */
import { afterAll, beforeAll, expect } from "bun:test";
import { mkdtemp } from "node:fs/promises";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { makePackage, versionOf } from "../helpers/package.ts";
import { openTmux } from "./tmux.ts";

const MINUTES = 60_000;
const START = {
  bash: { argv: ["bash", "--norc", "-i"], load: 'eval "$($SW completion bash)"; echo loaded-$((40 + 2))' },
  zsh: { argv: ["zsh", "-f", "-i"], load: 'eval "$($SW completion zsh)"; echo loaded-$((40 + 2))' },
  fish: { argv: ["fish", "--no-config", "-i"], load: "$SW completion fish | source; echo loaded-(math 40 + 2)" },
} as const;

/** Typed, then Tab; and the line that is seen. */
const KEYS: [typed: string, seen: string][] = [
  ["swcli runtime list --project=mi", "swcli runtime list --project=mine"],
  ["swcli runtime list --no-d", "swcli runtime list --no-daemon"],
  ["swcli runtime info local/project/mi", "swcli runtime info local/project/mine/runtime/solo"],
  ["swcli runtime run solo -- sw-of-m", "swcli runtime run solo -- sw-of-mine"],
  ["swcli runtime run solo -- ls of-m", "swcli runtime run solo -- ls of-mine.txt"],
  ["swcli runtime import of-m", "swcli runtime import of-mine.txt"],
];

let home: Home;
beforeAll(async () => {
  home = await tempHome();
  await home.run(["project", "create", "mine"]);
  const file = await home.write("solo.swrt", await makePackage({ version: versionOf("solo") }));
  await home.run(["runtime", "import", file, "--name", "solo", "--project", "mine"]);
  await home.write("bin/sw-of-mine", "#!/bin/sh\n", 0o755);
  await home.write("of-mine.txt", "");
});
afterAll(async () => await home[Symbol.asyncDispose]());

for (const shell of ["bash", "zsh", "fish"] as const) {
  testWith(needsProgram(shell), needsProgram("tmux"))(
    `${shell}: Tab completes on the line`,
    async () => {
      const { argv, load } = START[shell];
      // A server of its own: the one before may still be ending.
      const TMUX_TMPDIR = await mkdtemp(`${home.dir}/tmux-`);
      const env = { PATH: `${home.dir}/bin:${process.env.PATH}`, TMUX_TMPDIR };
      await using window = await openTmux(home, [...argv], { env, cwd: home.dir });
      await window.type(`${load}\n`);
      await window.sees("loaded-42");
      for (const [typed, seen] of KEYS) {
        await window.type(`${typed}\t`);
        await window.sees(seen);
        // Ctrl-U: an empty line.
        await window.type("\x15");
      }
      expect(await window.screen()).not.toContain("not found");
    },
    MINUTES,
  );
}
