/**
 * Keys of config.yaml that look like ours and are read by nobody. Others at the top may be the Python client's.
 * Pure. Tests: test/unit/core/config/config-warnings.test.ts
 */
import { OWN_KEYS } from "#core/config/config-schema.ts";

/** One line for each. `plain` is a file that is one of ours. */
export function configWarnings(plain: unknown): string[] {
  const top = keysOf(plain).filter((key) => key !== "swcli" && placeOf(key) !== undefined);
  return [...top.map((key) => unread(key, key)), ...sectionWarnings(valueAt(plain, "swcli"))];
}

function sectionWarnings(swcli: unknown): string[] {
  return keysOf(swcli).flatMap((section) => {
    const known = OWN_KEYS.get(section);
    if (!known) return [unread(`swcli.${section}`, section)];
    const unknown = keysOf(valueAt(swcli, section)).filter((key) => !known.includes(key));
    return unknown.map((key) =>
      unread(
        `swcli.${section}.${key}`,
        key,
        known.map((one) => `swcli.${section}.${one}`),
      ),
    );
  });
}

function unread(
  path: string,
  key: string,
  known: readonly string[] = [...OWN_KEYS.keys()].map((one) => `swcli.${one}`),
) {
  const place = placeOf(key);
  return `${path} is read by nobody; ${place ? `did you mean ${place}?` : `there is ${known.join(", ")}`}`;
}

/** Where a section or a key of ours belongs. */
function placeOf(key: string): string | undefined {
  if (OWN_KEYS.has(key)) return `swcli.${key}`;
  const section = [...OWN_KEYS].find(([, keys]) => keys.includes(key))?.[0];
  return section && `swcli.${section}.${key}`;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const keysOf = (value: unknown): string[] => (isMap(value) ? Object.keys(value) : []);
const valueAt = (value: unknown, key: string): unknown => (isMap(value) ? value[key] : undefined);
