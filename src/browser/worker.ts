/** What a Web Worker of the pool runs. */

import type { FromWorker, ToWorker } from "../pool/protocol.ts";
import { serve } from "../pool/serve.ts";

/** What of a worker's global scope is used. */
interface WorkerScope {
  postMessage(message: FromWorker, transfer: ArrayBuffer[]): void;
  addEventListener(type: "message", listener: (event: { readonly data: ToWorker }) => void): void;
}

const scope = globalThis as unknown as WorkerScope;
const receive = serve((message, transfer) => scope.postMessage(message, transfer));
scope.addEventListener("message", (event) => receive(event.data));
