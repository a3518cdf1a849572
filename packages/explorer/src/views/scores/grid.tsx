// biome-ignore-all lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboards
// biome-ignore-all lint/a11y/useSemanticElements: table elements cannot be placed one by one, which rows in sight are
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid is focused as a whole, and arrow keys move the selection
/**
 * The table: only the cells in sight are in the page, whatever the number of rows and columns. Browsers know no element higher than
 * 2^25 pixels; beyond that, the scroll bar stands for more rows than it has pixels.
 */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { count } from "../../app/format.ts";
import { selectedRow, selectRow } from "../../state/selection.ts";
import { cycleSort, sort } from "./choices.ts";
import { type GridColumn, gridColumns, ROW_NUMBER_WIDTH, widthOf } from "./grid-columns.ts";
import { isOrdering, order } from "./order.ts";

export const ROW_HEIGHT = 30;
const HEAD_HEIGHT = 36;
const MAX_HEIGHT = 30_000_000;
/** Rows and pixels beyond what is seen, so that scrolling shows no gaps. */
const SPARE_ROWS = 8;
const SPARE_PIXELS = 200;

interface Window {
  readonly top: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

const seen = signal<Window>({ top: 0, left: 0, width: 800, height: 600 });

export function Grid() {
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => watch(scroller.current!), []);
  const columns = gridColumns.value;
  const { count: rows } = order.value;
  const { top, left, width, height } = seen.value;
  const full = rows * ROW_HEIGHT;
  const shown = Math.min(full, MAX_HEIGHT);
  const first = firstRow(top, height, rows);
  const begin = Math.max(0, Math.floor(first) - SPARE_ROWS);
  const end = Math.min(rows, Math.ceil(first + height / ROW_HEIGHT) + SPARE_ROWS);
  // Rows that leave at one end come in again at the other, so that elements are filled anew and not made anew.
  const slots = 2 ** Math.ceil(Math.log2(Math.max(1, end - begin)));
  // Rows lie around the scrolled place, which is not where their numbers say once the bar is scaled.
  const offset = top - (first - begin) * ROW_HEIGHT;
  const inSight = columns.filter(
    (column, i) =>
      i === 0 ||
      (column.left + column.width > left - SPARE_PIXELS && column.left < left + width + SPARE_PIXELS),
  );
  const total = widthOf(columns);
  return (
    <div
      ref={scroller}
      class="grid"
      role="table"
      aria-label="Rows and their scores"
      aria-rowcount={rows + 1}
      aria-colcount={columns.length + 1}
      aria-busy={isOrdering.value}
      tabIndex={0}
      onKeyDown={(event) => move(event, scroller.current!)}
    >
      <div class="grid-head" role="rowgroup" style={{ width: `${total}px`, height: `${HEAD_HEIGHT}px` }}>
        <div role="row" aria-rowindex={1}>
          <div
            class="row-number"
            role="columnheader"
            aria-colindex={1}
            style={{ width: `${ROW_NUMBER_WIDTH}px` }}
          >
            row
          </div>
          {inSight.map((column) => (
            <Head key={column.by} column={column} index={columns.indexOf(column)} />
          ))}
        </div>
      </div>
      <div class="grid-body" role="rowgroup" style={{ width: `${total}px`, height: `${shown}px` }}>
        {Array.from({ length: Math.max(0, end - begin) }, (_, i) => (
          <Row
            key={(begin + i) % slots}
            place={begin + i}
            y={offset + i * ROW_HEIGHT}
            columns={inSight}
            all={columns}
          />
        ))}
      </div>
    </div>
  );
}

/** A fraction where the scroller stands between two rows. */
function firstRow(top: number, height: number, rows: number): number {
  const full = rows * ROW_HEIGHT;
  return full <= MAX_HEIGHT
    ? top / ROW_HEIGHT
    : (top / Math.max(1, MAX_HEIGHT - height)) * Math.max(0, rows - height / ROW_HEIGHT);
}

function watch(element: HTMLDivElement): () => void {
  let frame = 0;
  const read = (): void => {
    frame = 0;
    const { scrollTop, scrollLeft, clientWidth, clientHeight } = element;
    seen.value = { top: scrollTop, left: scrollLeft, width: clientWidth, height: clientHeight - HEAD_HEIGHT };
  };
  const later = (): void => {
    frame ||= requestAnimationFrame(read);
  };
  const observer = new ResizeObserver(later);
  observer.observe(element);
  element.addEventListener("scroll", later, { passive: true });
  const row = selectedRow.peek();
  if (row !== undefined && order.peek().rows === undefined) {
    // An address can name a row; what is before it is seen, too.
    element.scrollTop = (row - 5) * ROW_HEIGHT;
  }
  read();
  return () => {
    cancelAnimationFrame(frame);
    observer.disconnect();
    element.removeEventListener("scroll", later);
  };
}

function Head({ column, index }: { readonly column: GridColumn; readonly index: number }) {
  const now = sort.value?.by === column.by ? sort.value : undefined;
  const direction = now === undefined ? "none" : now.descending ? "descending" : "ascending";
  return (
    <div
      class={index === 0 ? "sticky" : undefined}
      role="columnheader"
      aria-sort={direction}
      aria-colindex={index + 2}
      style={placeOf(column, index)}
    >
      <button
        type="button"
        class={column.isNumber ? "number" : undefined}
        title={column.name}
        onClick={() => cycleSort(column.by)}
      >
        <span>{column.name}</span>
        <span class="arrow" aria-hidden="true">
          {now === undefined ? "" : now.descending ? "▼" : "▲"}
        </span>
      </button>
    </div>
  );
}

/** The score stays in sight; all else scrolls. */
function placeOf(column: GridColumn, index: number): { left: string; width: string } {
  return { left: `${index === 0 ? ROW_NUMBER_WIDTH : column.left}px`, width: `${column.width}px` };
}

interface RowProps {
  /** In the order that is shown. */
  readonly place: number;
  readonly y: number;
  readonly columns: readonly GridColumn[];
  readonly all: readonly GridColumn[];
}

function Row({ place, y, columns, all }: RowProps) {
  const row = order.value.rows?.[place] ?? place;
  const isSelected = selectedRow.value === row;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the button in the first cell does the same, and so do arrow keys
    <div
      class={isSelected ? "selected" : undefined}
      role="row"
      aria-rowindex={place + 2}
      style={{ transform: `translateY(${y}px)` }}
      onClick={() => selectRow(row)}
    >
      <div class="row-number" role="rowheader" aria-colindex={1} style={{ width: `${ROW_NUMBER_WIDTH}px` }}>
        <button type="button" aria-pressed={isSelected} aria-label={`Select row ${row}`} tabIndex={-1}>
          {count(row)}
        </button>
      </div>
      {columns.map((column) => {
        const index = all.indexOf(column);
        return (
          <div
            key={column.by}
            class={`${column.isNumber ? "number" : ""} ${index === 0 ? "sticky" : ""}`}
            role="cell"
            aria-colindex={index + 2}
            style={placeOf(column, index)}
          >
            {column.cell(row)}
          </div>
        );
      })}
    </div>
  );
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

/** Arrow keys move the selection; all other keys scroll as they do everywhere. */
function move(event: KeyboardEvent, element: HTMLElement): void {
  const step = STEPS[event.key];
  if (step === undefined || event.target !== element) {
    return;
  }
  event.preventDefault();
  const { rows, count } = order.peek();
  const row = selectedRow.peek();
  const { top, height } = seen.peek();
  const before = row === undefined ? -1 : rows === undefined ? row : rows.indexOf(row);
  const place = before < 0 ? Math.floor(firstRow(top, height, count)) : before + step;
  if (place >= 0 && place < count) {
    selectRow(rows?.[place] ?? place);
    scrollTo(element, place);
  }
}

function scrollTo(element: HTMLElement, place: number): void {
  const { count } = order.peek();
  const height = element.clientHeight - HEAD_HEIGHT;
  if (count * ROW_HEIGHT > MAX_HEIGHT) {
    return;
  }
  const y = place * ROW_HEIGHT;
  if (y < element.scrollTop) {
    element.scrollTop = y;
  } else if (y + ROW_HEIGHT > element.scrollTop + height) {
    element.scrollTop = y + ROW_HEIGHT - height;
  }
}
