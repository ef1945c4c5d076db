import { expect, test } from "bun:test";
import { dataOf, fieldsOf, isAbsent, plainValue, rootField, textOf } from "#core/manifest/yaml-field.ts";
import { openSource } from "#core/manifest/yaml-source.ts";

const root = (text: string) => rootField(openSource(text, "x.yaml"));

test.each([
  ["true", true],
  ["no", false],
  ["~", null],
  ["", null],
  ["4", 4],
  ["-1.5", -1.5],
  ["3.10", "3.10"],
  ["0755", "0755"],
  ["1e3", "1e3"],
  ["12345678901234567890", "12345678901234567890"],
  ["-0", "-0"],
  ["word", "word"],
])("the plain scalar %j is %j", (text, value) => {
  expect(plainValue(text)).toBe(value);
});

test("null is no value when it is plain, and text when it is quoted", () => {
  const fields = fieldsOf(root("a: null\nb: 'null'\nc:\nd: ''\ne: x\n"));
  expect([...fields].filter(([, field]) => isAbsent(field)).map(([key]) => key)).toEqual(["a", "c", "d"]);
  expect(textOf(fields.get("b"))).toBe("null");
});

test("data keeps its shape, and keys that name a prototype are only keys", () => {
  const data = dataOf(root("a: [1, {b: yes}]\n__proto__: {c: 1}\n"));
  expect(JSON.stringify(data)).toBe('{"a":[1,{"b":true}],"__proto__":{"c":1}}');
  expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
});
