/**
 * Takes the means of fetching away from a worker. The page's policy forbids it to the page alone: a worker obeys the headers that its own
 * script came with, and not every web host can be told to send any.
 */
for (const name of [
  "fetch",
  "XMLHttpRequest",
  "WebSocket",
  "WebSocketStream",
  "WebTransport",
  "EventSource",
  "importScripts",
]) {
  Object.defineProperty(globalThis, name, { value: undefined, configurable: false, writable: false });
}
