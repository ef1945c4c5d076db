import { expect, test } from "bun:test";
import { posixQuote } from "#core/env/activation/quote.ts";
import { shellenv } from "#core/env/activation/shellenv.ts";
import { needsProgram, testWith } from "../../../../helpers/needs.ts";
import { Lab } from "./lab.ts";

for (const shell of ["bash", "zsh", "dash", "fish"] as const) {
  testWith(needsProgram(shell))(
    `eval of what shellenv prints activates ${shell}, and deactivate undoes it`,
    async () => {
      await using lab = await Lab.open();
      const { plan } = await lab.runtime("demo");
      await Bun.write(`${lab.dir}/printed`, shellenv(plan, shell === "dash" ? "sh" : shell));
      const printed = posixQuote(`${lab.dir}/printed`);
      const load = shell === "fish" ? `cat ${printed} | source` : `eval "$(cat ${printed})"`;
      const ran = await lab.sh(shell, `set a $PATH\n${load}\npython\ndeactivate\necho "PATH=$PATH V=$VIRTUAL_ENV"`);
      expect(ran).toEqual({ out: `python-of-demo\nPATH=${lab.env().PATH} V=\n`, err: "", code: 0 });
    },
  );
}

testWith(needsProgram("zsh"))(
  "an interactive zsh, which reads no comments in eval, takes it without a word",
  async () => {
    await using lab = await Lab.open();
    const { plan } = await lab.runtime("demo");
    await Bun.write(`${lab.dir}/printed`, shellenv(plan, "zsh"));
    const ran = await lab.spawn(
      ["zsh", "-fic", `eval "$(cat ${posixQuote(`${lab.dir}/printed`)})"; python`],
      lab.env(),
    );
    expect(ran).toEqual({ out: "python-of-demo\n", err: "", code: 0 });
  },
);

test("the JSON form names the change and its reverse", async () => {
  await using lab = await Lab.open();
  const { plan } = await lab.runtime("demo");
  const json = JSON.parse(shellenv(plan, "json"));
  expect(json.path).toEqual([`${plan.prefix}/bin`]);
  expect(json.set.VIRTUAL_ENV).toBe(plan.prefix);
  expect(json.reverse).toEqual({ remove_path: json.path, restore: [...Object.keys(json.set), "PYTHONHOME"] });
});
