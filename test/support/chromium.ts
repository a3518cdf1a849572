/** Pages in Debian's Chromium, for tests that look at what a page shows in its `<output>`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";

export const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
export const HAS_CHROMIUM = existsSync(CHROMIUM);

const TIME_LIMIT_MS = 40_000;
const FLAGS = [
  ...["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"],
  "--disable-background-networking",
];
const TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript" };

/** Stands at the end of the page: tells the server what the page shows, once that is more than an ellipsis. */
const WATCHER = `<script type="module">
  const timer = setInterval(() => {
    const text = document.querySelector("output")?.textContent ?? "";
    if (text.replace("…", "") !== "") {
      clearInterval(timer);
      fetch("/shown", { method: "POST", body: text });
    }
  }, 20);
</script>`;

/** What a page's `<output>` shows in the end. @param read the files of its site, by path */
export async function shownByPage(read: (path: string) => Uint8Array | undefined): Promise<string> {
  const profile = mkdtempSync(join(tmpdir(), "xgboost-infer-chromium-"));
  const { server, shown } = serve(read);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const flags = [...FLAGS, `--user-data-dir=${profile}`, `http://127.0.0.1:${port}/`];
  // In a group of its own: its helpers would go on to write into the profile.
  const browser = spawn(CHROMIUM, flags, { stdio: "ignore", detached: true });
  let limit: NodeJS.Timeout | undefined;
  const never = new Promise<string>((resolve) => {
    limit = setTimeout(resolve, TIME_LIMIT_MS, `nothing within ${TIME_LIMIT_MS} ms`);
  });
  try {
    return await Promise.race([shown, never]);
  } finally {
    clearTimeout(limit);
    const ended = once(browser, "exit");
    process.kill(-browser.pid!, "SIGKILL");
    await ended;
    server.close();
    server.closeAllConnections();
    rmSync(profile, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 });
  }
}

function serve(read: (path: string) => Uint8Array | undefined): { server: Server; shown: Promise<string> } {
  let done = (_: string): void => undefined;
  const shown = new Promise<string>((resolve) => {
    done = resolve;
  });
  const server = createServer(async (request, response) => {
    if (request.url === "/shown") {
      const parts: Buffer[] = [];
      for await (const part of request) {
        parts.push(part as Buffer);
      }
      response.end();
      done(Buffer.concat(parts).toString());
      return;
    }
    const path = request.url === "/" ? "/index.html" : (request.url ?? "");
    const file = read(path);
    const type = TYPES[extname(path)] ?? "application/octet-stream";
    response.writeHead(file === undefined ? 404 : 200, { "content-type": type });
    response.end(path === "/index.html" ? `${Buffer.from(file ?? [])}${WATCHER}` : file);
  });
  return { server, shown };
}
