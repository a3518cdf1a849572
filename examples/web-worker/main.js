const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
const waiting = new Map();
worker.addEventListener("message", ({ data: { id, ...result } }) => waiting.get(id)(result));

/** Scores rows without stopping the page: as `booster.predict`, in the worker. */
export function predict(rows) {
  const id = crypto.randomUUID();
  worker.postMessage({ id, rows }, [rows.data.buffer]);
  return new Promise((resolve) => waiting.set(id, resolve)).finally(() => waiting.delete(id));
}
