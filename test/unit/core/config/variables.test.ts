import { expect, test } from "bun:test";
import { fillVariables, unsetText, variablesIn, withoutVariables } from "#core/config/variables.ts";

test("variables are filled where they are set to something, and stay as they are written elsewhere", () => {
  const text = "https://${USER}:${PASSWORD}@host/${lower}/$PLAIN/${EMPTY}";
  const filled = fillVariables({ USER: "me", PASSWORD: "p$&w", PLAIN: "x", EMPTY: "" }, text);
  expect(filled).toBe("https://me:p$&w@host/${lower}/$PLAIN/${EMPTY}");
  expect(variablesIn(text)).toEqual(["USER", "PASSWORD", "EMPTY"]);
  expect(withoutVariables("a${A}b${A}")).toBe("ab");
});

test("those that are missing are named", () => {
  expect(unsetText([])).toBe("");
  expect(unsetText(["A"])).toBe("A is not set");
  expect(unsetText(variablesIn("${A}${B}${A}"))).toBe("A and B are not set");
});
