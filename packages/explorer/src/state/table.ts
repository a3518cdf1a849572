/**
 * The table that is looked at: `table.value`, undefined while there is none.
 *
 * Reading happens in a worker, in `tables/`; its progress is `reading.value`.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Table } from "../tables/table.ts";
import { type ReadingTable, readTable } from "../workers/read-table.ts";
import { messageOf } from "./problem.ts";

const current = signal<Table | undefined>(undefined);
export const table: ReadonlySignal<Table | undefined> = current;

export interface Reading {
  readonly name: string;
  /** Bytes read so far, and of the file. */
  readonly done: number;
  readonly total: number;
  readonly rows: number;
}

const progress = signal<Reading | undefined>(undefined);
/** What is being read at the moment. */
export const reading: ReadonlySignal<Reading | undefined> = progress;

const failure = signal<string | undefined>(undefined);
/** Why the last file was no table, in words. */
export const tableProblem: ReadonlySignal<string | undefined> = failure;

let underway: ReadingTable | undefined;

export async function openTable(file: File): Promise<void> {
  cancelReading();
  failure.value = undefined;
  progress.value = { name: file.name, done: 0, total: file.size, rows: 0 };
  const job = readTable(file, (done, rows) => {
    progress.value = { name: file.name, done, total: file.size, rows };
  });
  underway = job;
  try {
    const table = await job.table;
    if (underway === job) {
      current.value = table;
    }
  } catch (error) {
    if (underway === job) {
      failure.value = `${file.name}: ${messageOf(error)}`;
    }
  } finally {
    if (underway === job) {
      underway = undefined;
      progress.value = undefined;
    }
  }
}

/** Drops what is being read; the table before it stays. */
export function cancelReading(): void {
  underway?.cancel();
  underway = undefined;
  progress.value = undefined;
}

export function refuseTable(problem: string): void {
  failure.value = problem;
}
