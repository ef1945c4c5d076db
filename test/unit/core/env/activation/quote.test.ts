import { expect, test } from "bun:test";
import { fishQuote, posixQuote, promptText } from "#core/env/activation/quote.ts";
import { needsProgram, testWith } from "../../../../helpers/needs.ts";
import { ALL, Lab } from "./lab.ts";

const ODD = [
  "",
  "plain",
  "two words",
  "it's 'quoted' ''",
  '"$HOME" `id` $(id)',
  "back\\slash \\' \\n",
  "new\nline\n\n",
  "*?[a] {b,c} ~ # ! ;&|<>",
  "ünï→💥",
  "-n",
  "'",
];

for (const shell of ALL) {
  testWith(needsProgram(shell))(`${shell} reads every quoted value back unchanged`, async () => {
    await using lab = await Lab.open();
    const quote = shell === "fish" ? fishQuote : posixQuote;
    const script = ODD.map((value) => `printf '%s\\001' ${quote(value)}`).join("\n");
    const ran = await lab.sh(shell, script);
    expect(ran.out.split("\u0001").slice(0, -1)).toEqual(ODD);
  });
}

test("a prompt can't be made to run anything by a name", () => {
  expect(promptText("demo-1.2_x")).toBe("demo-1.2_x");
  expect(promptText("a$(id)`b`%n\\u!\n")).toBe("a__id__b__n_u__");
});
