/** The suite in a dedicated worker. */
const { Worker } = /** @type {any} */ (globalThis);

new Worker("/entries/dedicated-worker.mjs", { type: "module" });
