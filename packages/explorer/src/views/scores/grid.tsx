// biome-ignore-all lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboards
// biome-ignore-all lint/a11y/useSemanticElements: table elements cannot be placed one by one, which rows in sight are
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid is focused as a whole, and arrow keys move the selection
/**
 * The table: only the cells in sight are in the page, whatever the number of rows and columns. Browsers know no element higher than
 * 2^25 pixels; beyond that, the scroll bar stands for more rows than it has pixels.
 */
import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { count } from "../../app/format.ts";
import { noteScrolling } from "../../state/pace.ts";
import { selectedRow, selectRow } from "../../state/selection.ts";
import { cycleSort, sort } from "./choices.ts";
import { type GridColumn, gridColumns, ROW_NUMBER_WIDTH, widthOf } from "./grid-columns.ts";
import { isOrdering, order } from "./order.ts";
import { Slots } from "./slots.ts";

export const ROW_HEIGHT = 30;
const HEAD_HEIGHT = 36;
const MAX_HEIGHT = 30_000_000;
/** Rows and pixels beyond what is seen, so that scrolling shows no gaps. */
const SPARE_ROWS = 8;
const SPARE_PIXELS = 200;
/** Pixels: above the table. */
const OUT_OF_SIGHT = -4 * ROW_HEIGHT;

interface Window {
  readonly top: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
  /** Right after a jump: what is in sight comes first, and what is spare a frame later. */
  readonly isJump: boolean;
}

const seen = signal<Window>({ top: 0, left: 0, width: 800, height: 600, isJump: false });

export function Grid() {
  const scroller = useRef<HTMLDivElement>(null);
  const rowSlots = useMemo(() => new Slots(), []);
  useEffect(() => watch(scroller.current!), []);
  const columns = useColumns();
  const { count: rows } = order.value;
  const { top, height, isJump } = seen.value;
  const spare = isJump ? 0 : SPARE_ROWS;
  const full = rows * ROW_HEIGHT;
  const shown = Math.min(full, MAX_HEIGHT);
  const first = firstRow(top, height, rows);
  const begin = Math.max(0, Math.floor(first) - spare);
  const end = Math.min(rows, Math.ceil(first + height / ROW_HEIGHT) + spare);
  // Rows lie around the scrolled place, which is not where their numbers say once the bar is scaled.
  const offset = top - first * ROW_HEIGHT;
  const size = { width: `${columns.total}px` };
  return (
    <div
      ref={scroller}
      class="grid"
      role="table"
      aria-label="Rows and their scores"
      aria-rowcount={rows + 1}
      aria-colcount={columns.count + 1}
      aria-busy={isOrdering.value}
      tabIndex={0}
      onKeyDown={(event) => move(event, scroller.current!)}
    >
      <div class="grid-head" role="rowgroup" style={{ ...size, height: `${HEAD_HEIGHT}px` }}>
        <HeadRow columns={columns} />
      </div>
      <div class="grid-body" role="rowgroup" style={{ ...size, height: `${shown}px` }}>
        {rowSlots.of(begin, end, isJump).map(({ slot, index, isSpare }) => (
          <Row
            key={slot}
            place={index}
            y={isSpare ? OUT_OF_SIGHT : offset + index * ROW_HEIGHT}
            isSpare={isSpare}
            columns={columns}
          />
        ))}
      </div>
    </div>
  );
}

/** What rows show: the same object as long as it is the same. */
interface Columns {
  readonly count: number;
  readonly total: number;
  /** Row number and score stay in sight; all else scrolls. */
  readonly score: GridColumn | undefined;
  readonly pinnedWidth: string;
  /** Those in sight, beside the score, with the slots that show them. */
  readonly others: readonly (GridColumn & { readonly slot: number })[];
}

function useColumns(): Columns {
  const slots = useMemo(() => new Slots(), []);
  const columns = gridColumns.value;
  const { left, width } = seen.value;
  const inSight = columns.filter(
    (column) =>
      column.index > 0 &&
      column.left + column.width > left - SPARE_PIXELS &&
      column.left < left + width + SPARE_PIXELS,
  );
  const [begin, end] = [inSight[0]?.index ?? 0, (inSight.at(-1)?.index ?? -1) + 1];
  return useMemo(() => {
    const score = columns[0];
    return {
      count: columns.length,
      total: widthOf(columns),
      score,
      pinnedWidth: `${ROW_NUMBER_WIDTH + (score?.width ?? 0)}px`,
      others: slots.of(begin, end).map(({ slot, index }) => ({ ...columns[index]!, slot })),
    };
  }, [columns, begin, end]);
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
    const { scrollTop: top, scrollLeft: left, clientWidth: width, clientHeight } = element;
    const height = clientHeight - HEAD_HEIGHT;
    const { count } = order.peek();
    const before = seen.peek();
    const rows = Math.abs(firstRow(top, height, count) - firstRow(before.top, height, count));
    const isJump = rows > SPARE_ROWS || Math.abs(left - before.left) > SPARE_PIXELS;
    seen.value = { top, left, width, height, isJump };
    if (isJump) {
      later();
    }
  };
  const later = (): void => {
    frame ||= requestAnimationFrame(read);
  };
  const observer = new ResizeObserver(later);
  observer.observe(element);
  const scrolled = (): void => {
    noteScrolling();
    later();
  };
  element.addEventListener("scroll", scrolled, { passive: true });
  const row = selectedRow.peek();
  if (row !== undefined && order.peek().rows === undefined) {
    // An address can name a row; what is before it is seen, too.
    element.scrollTop = (row - 5) * ROW_HEIGHT;
  }
  read();
  return () => {
    cancelAnimationFrame(frame);
    observer.disconnect();
    element.removeEventListener("scroll", scrolled);
  };
}

function HeadRow({ columns: { score, pinnedWidth, others } }: { readonly columns: Columns }) {
  return (
    <div role="row" aria-rowindex={1}>
      <div class="pinned" style={{ width: pinnedWidth }}>
        <div
          class="row-number"
          role="columnheader"
          aria-colindex={1}
          style={{ width: `${ROW_NUMBER_WIDTH}px` }}
        >
          row
        </div>
        {score === undefined ? null : <Head column={score} />}
      </div>
      {others.map((column) => (
        <Head key={column.by} column={column} />
      ))}
    </div>
  );
}

function Head({ column }: { readonly column: GridColumn }) {
  const now = sort.value?.by === column.by ? sort.value : undefined;
  const direction = now === undefined ? "none" : now.descending ? "descending" : "ascending";
  return (
    <div role="columnheader" aria-sort={direction} aria-colindex={column.index + 2} style={placeOf(column)}>
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

function placeOf({ left, width }: GridColumn): { left: string; width: string } {
  return { left: `${left}px`, width: `${width}px` };
}

interface RowProps {
  /** In the order that is shown. */
  readonly place: number;
  readonly y: number;
  /** Out of sight: goes on showing what it has shown. */
  readonly isSpare: boolean;
  readonly columns: Columns;
}

interface Content {
  readonly row: number;
  readonly isSelected: boolean;
  readonly columns: Columns;
}

function Row({ place, y, isSpare, columns }: RowProps) {
  const row = order.value.rows?.[place] ?? place;
  const now: Content = { row, isSelected: selectedRow.value === row, columns };
  const content = useRef(now);
  if (!isSpare && !isSame(content.current, now)) {
    content.current = now;
  }
  const shown = content.current;
  const cells = useMemo(() => <Cells {...shown} />, [shown]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the button in the first cell does the same, and so do arrow keys
    <div
      class={shown.isSelected ? "selected" : undefined}
      role="row"
      aria-rowindex={place + 2}
      style={{ transform: `translateY(${y}px)` }}
      onClick={() => selectRow(shown.row)}
    >
      {cells}
    </div>
  );
}

function isSame(a: Content, b: Content): boolean {
  return a.row === b.row && a.isSelected === b.isSelected && a.columns === b.columns;
}

function Cells({ row, isSelected, columns: { score, pinnedWidth, others } }: Content) {
  return (
    <>
      <div class="pinned" style={{ width: pinnedWidth }}>
        <div class="row-number" role="rowheader" aria-colindex={1} style={{ width: `${ROW_NUMBER_WIDTH}px` }}>
          <button type="button" aria-pressed={isSelected} aria-label={`Select row ${row}`} tabIndex={-1}>
            {count(row)}
          </button>
        </div>
        {score === undefined ? null : <Cell column={score} row={row} />}
      </div>
      {others.map((column) => (
        <Cell key={column.slot} column={column} row={row} />
      ))}
    </>
  );
}

function Cell({ column, row }: { readonly column: GridColumn; readonly row: number }) {
  return (
    <div
      class={column.isNumber ? "number" : undefined}
      role="cell"
      aria-colindex={column.index + 2}
      style={placeOf(column)}
    >
      {column.cell(row)}
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
