/** The suite in a service worker. */
const { navigator } = /** @type {any} */ (globalThis);

const url = "/entries/service-worker.mjs";
await navigator.serviceWorker.register(url, { type: "module", scope: "/" });
const { active } = await navigator.serviceWorker.ready;
active.postMessage("run");
