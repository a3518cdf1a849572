/** A service worker cannot start workers. */
import * as library from "./library-by-path.mjs";
import { reportFromBrowser } from "./report.mjs";

const scope = /** @type {any} */ (globalThis);
scope.addEventListener("message", (/** @type {any} */ event) => event.waitUntil(reportFromBrowser(library)));
