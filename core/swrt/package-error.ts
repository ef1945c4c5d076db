/** How a package that can't be trusted is refused: one code, the member named. Tests: with the files that throw it. */
import { SwError } from "#core/errors.ts";

/** A PACKAGE_INVALID about one member; the name is quoted, since a hostile one may hold anything. */
export const memberInvalid = (member: string, problem: string, hint?: string): SwError =>
  new SwError("PACKAGE_INVALID", `${JSON.stringify(member)} in the package ${problem}`, { hint, detail: { member } });

/** A PACKAGE_INVALID about the archive as a whole. */
export const packageInvalid = (problem: string, hint?: string): SwError =>
  new SwError("PACKAGE_INVALID", `the package ${problem}`, { hint });

/** The archive ended before it was complete: a broken download or a full disk, rarely malice. */
export const packageCutOff = (where: string): SwError =>
  packageInvalid(`is cut off ${where}`, "Fetch or export it again; nothing was taken over.");

/** The same error with the file's name, where the package is a file that a person named. */
export function inFile(e: unknown, file: string): unknown {
  if (!(e instanceof SwError) || e.code !== "PACKAGE_INVALID") return e;
  const message = e.message.startsWith("the package ")
    ? file + e.message.slice("the package".length)
    : `${file}: ${e.message}`;
  return new SwError(e.code, message, { hint: e.hint, detail: e.detail, cause: e });
}
