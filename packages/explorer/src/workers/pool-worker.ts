/** Workers of `WorkerPool`, with a script of this page. */

export function startPoolWorker(): Worker {
  return new Worker(new URL("./pool-script.ts", import.meta.url), { type: "module", name: "scoring" });
}
