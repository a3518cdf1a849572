/** The rows that are shown, in their order: computed in a worker whenever sorting, filters or scores change. */
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { binding } from "../../state/binding.ts";
import { messageOf } from "../../state/problem.ts";
import type { OrderRequest } from "../../tables/order.ts";
import type { Column } from "../../tables/table.ts";
import { analyse } from "../../workers/analysis.ts";
import type { PostedColumn } from "../../workers/protocol.ts";
import { filters, SCORE, sort, values } from "./choices.ts";

export interface Order {
  /** Undefined: all rows in the order of the file. */
  readonly rows: Uint32Array | undefined;
  readonly count: number;
}

const current = signal<Order>({ rows: undefined, count: 0 });
export const order: ReadonlySignal<Order> = current;

const working = signal(false);
/** Whether rows are being sorted. What is shown meanwhile is the order before. */
export const isOrdering: ReadonlySignal<boolean> = working;

const failure = signal<string | undefined>(undefined);
export const orderProblem: ReadonlySignal<string | undefined> = failure;

let latest = 0;

effect(() => {
  const from = binding.value;
  const id = ++latest;
  const request = from === undefined ? undefined : requestOf(from.rows);
  failure.value = undefined;
  if (request === undefined) {
    working.value = false;
    current.value = { rows: undefined, count: from?.rows ?? 0 };
    return;
  }
  working.value = true;
  analyse("order", request)
    .then(
      (rows) => {
        if (id === latest) {
          current.value = { rows, count: rows.length };
        }
      },
      (error: unknown) => {
        failure.value = messageOf(error);
      },
    )
    .finally(() => {
      if (id === latest) {
        working.value = false;
      }
    });
});

/** Undefined where nothing is sorted or filtered. */
function requestOf(rows: number): OrderRequest | undefined {
  const columns: PostedColumn[] = [];
  const places = new Map<string, number>();
  const place = (name: string): number | undefined => {
    const column = columnOf(name);
    if (column !== undefined && !places.has(name)) {
      places.set(name, columns.length);
      columns.push(column);
    }
    return places.get(name);
  };
  const conditions = filters.value.flatMap(({ by, comparison, value }) => {
    const column = place(by);
    return column === undefined ? [] : [{ column, comparison, value }];
  });
  const by = sort.value;
  const column = by === undefined ? undefined : place(by.by);
  const sorting =
    by === undefined || column === undefined ? undefined : { column, descending: by.descending };
  return sorting === undefined && conditions.length === 0
    ? undefined
    : { rows, columns, conditions, sort: sorting };
}

function columnOf(name: string): PostedColumn | undefined {
  if (name === SCORE) {
    return values.value === undefined ? undefined : { kind: "number", name, values: values.value };
  }
  const column = binding.value?.table.column(name);
  return column === undefined ? undefined : posted(column);
}

function posted(column: Column): PostedColumn {
  return column.kind === "text" ? { ...column, texts: column.texts.data } : column;
}
