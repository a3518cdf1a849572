/** Memory and CPU time of a process and all that it has started, as Linux keeps them. */
import { readdirSync, readFileSync } from "node:fs";

export interface Memory {
  readonly processes: number;
  /** Bytes; what processes share counts for each of them. */
  readonly rss: number;
  /** Bytes; what processes share is divided among them. */
  readonly pss: number;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // The process has ended.
    return "";
  }
}

/** Fields of `/proc/PID/stat` behind the name. */
function statOf(pid: number): string[] {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function familyOf(roots: readonly number[]): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const parent = Number.isInteger(pid) ? Number(statOf(pid)[1]) : 0;
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const family = [...roots];
  for (const pid of family) {
    family.push(...(children.get(pid) ?? []));
  }
  return family;
}

export function memoryOf(roots: readonly number[]): Memory {
  const family = familyOf(roots);
  const total = (field: string): number =>
    family.reduce((sum, pid) => {
      const found = new RegExp(`^${field}:\\s*(\\d+) kB`, "m").exec(read(`/proc/${pid}/smaps_rollup`));
      return sum + Number(found?.[1] ?? 0) * 1024;
    }, 0);
  return { processes: family.length, rss: total("Rss"), pss: total("Pss") };
}

/** Seconds, user and system, all threads. */
export function cpuOf(roots: readonly number[]): number {
  return familyOf(roots).reduce((sum, pid) => {
    const stat = statOf(pid);
    return sum + (Number(stat[11] ?? 0) + Number(stat[12] ?? 0)) / 100;
  }, 0);
}
