/** What a thread of the pool runs. */
import { parentPort } from "node:worker_threads";
import { serve } from "../pool/serve.ts";

const port = parentPort!;
port.on(
  "message",
  serve((message, transfer) => port.postMessage(message, transfer)),
);
