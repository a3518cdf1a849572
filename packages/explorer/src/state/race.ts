/** The race: one at a time, in a worker of its own, which ends with it. */
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { spreadRows } from "../logic/sample.ts";
import { LINE_UP } from "../race/line-up.ts";
import type { Lap } from "../race/race.ts";
import type { FromRace, StartMessage } from "../workers/race-protocol.ts";
import { binding } from "./binding.ts";

export type Racing =
  | { readonly state: "none" }
  | { readonly state: "running" | "done" | "cancelled"; readonly rows: number; readonly laps: readonly Lap[] }
  | { readonly state: "failed"; readonly problem: string };

const current = signal<Racing>({ state: "none" });
export const racing: ReadonlySignal<Racing> = current;

let worker: Worker | undefined;

effect(() => {
  binding.value;
  worker?.terminate();
  worker = undefined;
  current.value = { state: "none" };
});

export function cancelRace(): void {
  worker?.terminate();
  worker = undefined;
  const race = current.peek();
  if (race.state === "running") {
    current.value = { ...race, state: "cancelled" };
  }
}

/** Values of the table that are handed to the race: more rows are these again. */
const SAMPLE_VALUES = 2 ** 20;

export function startRace(rows: number): void {
  const bound = binding.peek();
  if (bound === undefined) {
    return;
  }
  worker?.terminate();
  const started = new Worker(new URL("../workers/race-script.ts", import.meta.url), {
    type: "module",
    name: "race",
  });
  worker = started;
  current.value = { state: "running", rows, laps: [] };
  started.addEventListener("error", (event) => {
    current.value = {
      state: "failed",
      problem: event.message || "the worker of the race could not be started",
    };
  });
  started.addEventListener("message", ({ data }: MessageEvent<FromRace>) => {
    if (data.type === "problem") {
      current.value = { state: "failed", problem: data.problem };
    } else {
      current.value = { state: data.type === "done" ? "done" : "running", rows, laps: data.laps };
    }
    if (data.type !== "laps") {
      started.terminate();
    }
  });
  const { model, width } = bound;
  const places = spreadRows(
    bound.rows,
    Math.max(1, Math.min(rows, Math.floor(SAMPLE_VALUES / Math.max(1, width)))),
  );
  const sample = new Float32Array(places.length * width);
  places.forEach(
    (place, i) => void bound.fill(place, place + 1, sample.subarray(i * width, (i + 1) * width)),
  );
  const message: StartMessage = {
    names: LINE_UP.map(({ name }) => name),
    bytes: model.bytes,
    dump: model.dump,
    sample,
    rows,
    cols: width,
    workers: Math.max(1, Math.min(navigator.hardwareConcurrency, 16)),
  };
  started.postMessage(message, [sample.buffer]);
}
