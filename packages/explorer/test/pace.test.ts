import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { noteScrolling, turn } from "../src/state/pace.ts";

const frames = new Map<number, () => void>();
let requested = 0;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("requestAnimationFrame", (callback: () => void) => {
    frames.set(++requested, callback);
    return requested;
  });
  vi.stubGlobal("cancelAnimationFrame", (handle: number) => frames.delete(handle));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  frames.clear();
});

async function drawFrame(): Promise<void> {
  const due = [...frames.values()];
  frames.clear();
  for (const callback of due) {
    callback();
  }
  await vi.advanceTimersByTimeAsync(1);
}

/** How many parts of work, as each begins. */
function begin(parts: number): { count: number } {
  const begun = { count: 0 };
  for (let i = 0; i < parts; i++) {
    void turn().then(() => begun.count++);
  }
  return begun;
}

it("work goes on at once while nobody scrolls", async () => {
  const begun = begin(3);
  await vi.advanceTimersByTimeAsync(0);
  expect(begun.count).toBe(3);
  expect(frames.size).toBe(0);
});

it("one part of work a frame while somebody scrolls", async () => {
  noteScrolling();
  const begun = begin(3);
  await vi.advanceTimersByTimeAsync(10);
  expect(begun.count).toBe(0);
  for (const count of [1, 2, 3]) {
    await drawFrame();
    expect(begun.count).toBe(count);
  }
});

it("work goes on without frames, as in a tab in the background", async () => {
  noteScrolling();
  const begun = begin(2);
  await vi.advanceTimersByTimeAsync(149);
  expect(begun.count).toBe(0);
  await vi.advanceTimersByTimeAsync(2);
  expect(begun.count).toBe(1);
  await vi.advanceTimersByTimeAsync(150);
  expect(begun.count).toBe(2);
  expect(frames.size).toBe(0);
});

it("work goes on at once after a pause", async () => {
  noteScrolling();
  await vi.advanceTimersByTimeAsync(150);
  const begun = begin(1);
  await vi.advanceTimersByTimeAsync(0);
  expect(begun.count).toBe(1);
});
