/** Workers cannot start, died again and again, or were ended by `close`. Rows and model are not to blame. */
export class WorkerError extends Error {
  readonly code = "ERR_WORKER";

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "WorkerError";
  }
}
