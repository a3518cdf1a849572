/** The table of scores in Chromium: after scrolling anywhere, what is in sight is what belongs there. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Slots } from "../src/views/scores/slots.ts";
import { drop, HAS_CHROMIUM, LEFT_OUT, repositoryFile, TestBrowser } from "./support/browser.ts";
import { randomNumbers } from "./support/models.ts";

describe("slots", () => {
  it("keep what stays, fill what leaves with what comes, and move nothing where all is replaced", () => {
    const slots = new Slots();
    const of = (begin: number, end: number, keepsSpare?: boolean): readonly (readonly number[])[] =>
      slots.of(begin, end, keepsSpare).map(({ slot, index, isSpare }) => [slot, index, isSpare ? 1 : 0]);
    expect(of(0, 3)).toEqual([
      [0, 0, 0],
      [1, 1, 0],
      [2, 2, 0],
    ]);
    expect(of(1, 4).map(([slot]) => slot)).toEqual([1, 2, 0]);
    expect(of(70, 73).map(([slot]) => slot)).toEqual([1, 2, 0]);
    expect(of(9, 11, true)).toEqual([
      [1, 9, 0],
      [2, 10, 0],
      [0, 72, 1],
    ]);
    expect(of(8, 12)).toEqual([
      [0, 8, 0],
      [1, 9, 0],
      [2, 10, 0],
      [3, 11, 0],
    ]);
    expect(of(5, 5)).toEqual([]);
  });

  it("give each row of the range one slot of its own, whatever was before", () => {
    const random = randomNumbers(7);
    const slots = new Slots();
    for (let i = 0; i < 2000; i++) {
      const begin = Math.floor(random() * 60);
      const places = slots.of(begin, begin + Math.floor(random() * 40), random() < 0.4);
      const shown = places.filter(({ isSpare }) => !isSpare);
      expect(shown.map(({ index }) => index)).toEqual(shown.map((_, at) => begin + at));
      expect(new Set(places.map(({ slot }) => slot)).size).toBe(places.length);
    }
  });
});

describe.skipIf(!HAS_CHROMIUM)(`the table of scores in Chromium${LEFT_OUT}`, () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await TestBrowser.start();
  }, 60_000);
  afterAll(() => browser?.stop());

  it.each([
    { rows: 5000, columns: 41 },
    // Higher than an element can be: the scroll bar is scaled.
    { rows: 1_100_000, columns: 2 },
  ])(
    "$rows × $columns: every cell in sight is its row's and its column's",
    async ({ rows, columns }) => {
      const { page, complaints } = await browser.open();
      await drop(page, [repositoryFile("fixtures/3.4.1/one-feature/model.json")]);
      await page.getByText("reg:squarederror").waitFor();
      await page.evaluate(dropTable, [rows, columns] as const);
      await page.getByRole("link", { name: "See the scores" }).click();
      await page.getByText("Rows a second").waitFor();
      const random = randomNumbers(rows);
      for (let i = 0; i < 24; i++) {
        const [down, right] = [random() ** (i % 3) * 3e7, random() * columns * 130];
        // By a few pixels, by rows, and anywhere; in both directions, one or both at a time.
        await page.evaluate(scrollBy, [i % 4 === 1 ? random() * 400 - 200 : down, right, i % 5] as const);
        const seen = await page.evaluate(cellsInSight);
        expect(seen.rows.length).toBeGreaterThan(10);
        for (const { number, cells } of seen.rows) {
          for (const { column, text } of cells) {
            expect([number, column, text]).toEqual([number, column, textOf(number, column)]);
          }
          expect(cells.map(({ column }) => column)).toEqual(seen.heads);
        }
        const numbers = seen.rows.map(({ number }) => number);
        expect(numbers).toEqual(numbers.map((_, at) => numbers[0]! + at));
      }
      await page.evaluate(scrollBy, [9e7, 0, 0] as const);
      expect((await page.evaluate(cellsInSight)).rows.at(-1)!.number).toBe(rows - 1);
      expect(complaints).toEqual([]);
      await page.context().close();
    },
    60_000,
  );
});

function textOf(row: number, column: number): string {
  return String((row * 7 + column * 1000) % 100_003);
}

/** Runs in the page. */
function dropTable([rows, columns]: readonly [number, number]): void {
  const parts = [`${Array.from({ length: columns }, (_, i) => (i === 0 ? "f0" : `c${i}`)).join(",")}\n`];
  for (let row = 0; row < rows; row++) {
    let line = "";
    for (let i = 0; i < columns; i++) {
      line += `${i === 0 ? "" : ","}${(row * 7 + i * 1000) % 100_003}`;
    }
    parts.push(`${line}\n`);
  }
  const transfer = new DataTransfer();
  transfer.items.add(new File(parts, "long.csv"));
  document.body.dispatchEvent(
    new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }),
  );
}

/** Runs in the page. Waits until all is drawn. */
async function scrollBy([down, right, which]: readonly [number, number, number]): Promise<void> {
  const grid = document.querySelector(".grid")!;
  if (which !== 1) {
    grid.scrollTop = Math.abs(down) < 400 ? grid.scrollTop + down : down;
  }
  if (which !== 2) {
    grid.scrollLeft = right;
  }
  for (let i = 0; i < 4; i++) {
    await new Promise(requestAnimationFrame);
  }
}

interface Seen {
  /** Places of the columns whose heads are in sight, but for row number and score. */
  readonly heads: readonly number[];
  readonly rows: readonly {
    readonly number: number;
    readonly cells: readonly { readonly column: number; readonly text: string }[];
  }[];
}

/** Runs in the page. Cells that lie wholly within the grid, under no other, from top to bottom and from left to right. */
function cellsInSight(): Seen {
  const grid = document.querySelector(".grid")!;
  const frame = grid.getBoundingClientRect();
  const [top, bottom] = [frame.top + 36, frame.top + grid.clientHeight];
  const [left, right] = [document.querySelector(".pinned")!.getBoundingClientRect().right, frame.right];
  const isWithin = (element: Element): boolean => {
    const box = element.getBoundingClientRect();
    return box.left >= left - 0.5 && box.right <= right + 0.5;
  };
  const names = new Map<string, number>();
  for (const head of grid.querySelectorAll('[role="columnheader"]')) {
    const name = head.querySelector("button")?.title ?? "";
    if (/^[cf][0-9]+$/.test(name)) {
      names.set(head.getAttribute("aria-colindex")!, Number(name.slice(1)));
    }
  }
  const columnOf = (element: Element): number => names.get(element.getAttribute("aria-colindex")!) ?? -1;
  const heads = [...grid.querySelectorAll('[role="columnheader"]')].filter(isWithin).map(columnOf);
  const rows = [...grid.querySelectorAll('.grid-body [role="row"]')]
    .map((row) => ({ row, box: row.getBoundingClientRect() }))
    .filter(({ box }) => box.top >= top - 0.5 && box.bottom <= bottom + 0.5)
    .sort((a, b) => a.box.top - b.box.top)
    .map(({ row }) => ({
      number: Number(row.querySelector("button")!.getAttribute("aria-label")!.replace("Select row ", "")),
      cells: [...row.querySelectorAll('[role="cell"]')]
        .filter(isWithin)
        .map((cell) => ({ column: columnOf(cell), text: cell.textContent! }))
        .sort((a, b) => a.column - b.column),
    }));
  return { heads: heads.sort((a, b) => a - b), rows };
}
