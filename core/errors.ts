/**
 * The one error class of swcli and the one table of error codes.
 * Owns: codes, their exit codes, the wire form. Docs and tests read `ERROR_CODES`. Tests: test/unit/core/errors.test.ts
 */

/** Exit code by error code; what is not named here is our bug (`INTERNAL`). */
export const ERROR_CODES = {
  INTERNAL: 1,
  FAILED: 1,
  DAEMON_LOST: 1,
  DAEMON_START: 1,
  DAEMON_BUILD_DIFFERS: 1,
  RUN_DIR_UNSAFE: 1,
  ROOT_FOREIGN: 1,
  LOCK_UNSOLVABLE: 1,
  LOCK_FAILED: 1,
  LOCK_STALE: 1,
  HASH_MISMATCH: 1,
  ENV_BUILD_FAILED: 1,
  ENV_DRIFT: 1,
  ENV_SHARED: 1,
  PLATFORM_NOT_COVERED: 1,
  RUNTIME_IS_IMAGE: 1,
  PYTHON_NOT_FOUND: 1,
  ENGINE_FAILED: 1,
  ENGINE_MISSING: 1,
  TRANSFER_FAILED: 1,
  AUTH_FAILED: 1,
  FORMAT_TOO_NEW: 1,
  PACKAGE_INVALID: 1,
  STORE_DAMAGED: 1,
  DISK_FULL: 1,
  OFFLINE: 1,
  IMAGE_FAILED: 1,
  JOB_FAILED: 1,
  USAGE: 2,
  URI_INVALID: 2,
  ON_SERVER: 2,
  CONFIG_INVALID: 2,
  MANIFEST_INVALID: 2,
  MANIFEST_SYNTAX: 2,
  MANIFEST_TYPE: 2,
  MANIFEST_NAME: 2,
  MANIFEST_PYTHON: 2,
  MANIFEST_CUDA: 2,
  MANIFEST_OS: 2,
  MANIFEST_ARCH: 2,
  MANIFEST_DEPENDENCY: 2,
  MANIFEST_FILE_MISSING: 2,
  MANIFEST_PATH: 2,
  MANIFEST_REQUIREMENT: 2,
  RUNTIME_NOT_FOUND: 3,
  VERSION_NOT_FOUND: 3,
  TAG_NOT_FOUND: 3,
  PROJECT_NOT_FOUND: 3,
  INSTANCE_NOT_FOUND: 3,
  ENV_NOT_FOUND: 3,
  JOB_NOT_FOUND: 3,
  FILE_NOT_FOUND: 3,
  AMBIGUOUS: 3,
  EXISTS: 4,
  TAG_TAKEN: 4,
  NAME_TAKEN: 4,
  IN_USE: 4,
  RUN_FAILED: 125,
  RUN_NOT_EXECUTABLE: 126,
  RUN_NOT_FOUND: 127,
  CANCELLED: 130,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorOptions {
  /** What the person can do about it; one line. */
  hint?: string;
  cause?: unknown;
  /** Facts for machines, e.g. `{uri}`; never secrets. */
  detail?: Record<string, unknown>;
}

/** The wire and JSON form of an error. */
export interface ErrorJson {
  code: ErrorCode;
  message: string;
  hint?: string;
  detail?: Record<string, unknown>;
}

export class SwError extends Error {
  override readonly name = "SwError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly detail: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.detail = options.detail;
  }

  get exitCode(): number {
    return ERROR_CODES[this.code];
  }

  toJSON(): ErrorJson {
    return { code: this.code, message: this.message, hint: this.hint, detail: this.detail };
  }

  /** The error that a peer sent; an unknown code (a newer peer) is kept as FAILED. */
  static fromJSON(json: ErrorJson): SwError {
    const code = Object.hasOwn(ERROR_CODES, json.code) ? json.code : "FAILED";
    return new SwError(code, json.message, { hint: json.hint, detail: json.detail });
  }

  /** Any thrown value as a SwError; an ordinary Error is our bug and keeps its stack in the detail. */
  static from(e: unknown): SwError {
    if (e instanceof SwError) return e;
    const error = e instanceof Error ? e : new Error(String(e));
    if (errno(error) === "ENOSPC" || errno(error) === "EDQUOT") return diskFull(error);
    if (REFUSED.has(errno(error) ?? "")) return refused(error);
    if (isNoPlace(error)) return noPlace(error);
    return new SwError("INTERNAL", error.message, { cause: e, detail: { stack: error.stack } });
  }
}

const diskFull = (cause: Error) =>
  new SwError("DISK_FULL", `no space left: ${cause.message}`, {
    hint: "Free some space (`swcli gc` helps) and repeat the command; nothing was half-published.",
    cause,
  });

const REFUSED = new Set(["EACCES", "EPERM", "EROFS"]);

const refused = (cause: Error) =>
  new SwError("FAILED", cause.message, {
    hint: "Whose is it, and may you change it? Another user's store is not yours to use; SW_LOCAL_STORAGE names one.",
    cause,
  });

const NO_PLACE = new Set(["ENOTDIR", "ELOOP", "ENAMETOOLONG"]);

/** Where somebody wanted a folder there can be none: a file is in the way, or the place makes no folders (/proc). */
const isNoPlace = (error: Error): boolean =>
  NO_PLACE.has(errno(error) ?? "") || (errno(error) === "ENOENT" && "syscall" in error && error.syscall === "mkdir");

const noPlace = (cause: Error) =>
  new SwError("FAILED", cause.message, {
    hint: "No folder can be there: is the path right? SW_LOCAL_STORAGE and `storage.root` of the config name the store.",
    cause,
  });

/** The system's error name (ENOENT, EEXIST, …) of a thrown value, or undefined. */
export function errno(e: unknown): string | undefined {
  if (typeof e !== "object" || e === null || !("code" in e)) return undefined;
  return typeof e.code === "string" ? e.code : undefined;
}

/** Throws CANCELLED when the operation was cancelled; call it between slow steps. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new SwError("CANCELLED", "cancelled");
}
