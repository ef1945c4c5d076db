/**
 * What the kernel tells of a process in one line, `/proc/<pid>/stat` (proc(5)). Where there is no /proc nothing is known.
 * Tests: test/unit/core/platform/proc-stat.test.ts
 */
import { readFileSync, readlinkSync } from "node:fs";
import { errno } from "#core/errors.ts";

export interface ProcStat {
  /** It has ended, and nobody has buried it yet. */
  isDead: boolean;
  parent: number;
  /** Its process group. */
  group: number;
  /** It was forked and has started no program of its own since. */
  isCopy: boolean;
  /** In clock ticks since boot: a pid alone may be given anew. */
  started: string;
}

// PF_FORKNOEXEC of the kernel's include/linux/sched.h.
const FORKED = 0x40;

/** undefined when there is no such process. */
export function procStat(pid: number): ProcStat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program's name stands in parentheses and may hold anything.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const [state = "", parent, group, , , , flags] = fields;
    return {
      isDead: /^[ZX]$/.test(state),
      parent: Number(parent),
      group: Number(group),
      isCopy: (Number(flags) & FORKED) !== 0,
      started: fields[19] ?? "",
    };
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ESRCH") throw e;
    return undefined;
  }
}

/**
 * The shell that a process belongs to: `( … )`, `$(…)` and the parts of a pipeline are copies of their shell, which end
 * before it. A copy whose shell has ended stands for itself.
 */
export function wholeShell(pid: number): number {
  const stat = procStat(pid);
  if (!stat?.isCopy || programOf(pid) === undefined || programOf(stat.parent) !== programOf(pid)) return pid;
  return wholeShell(stat.parent);
}

/** undefined where it must not be looked at. */
function programOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined;
  }
}
