/** Debian's Chromium, driving the page that `npm run build` made. */
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
export const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

export const HAS_CHROMIUM = existsSync(CHROMIUM);
/** For the names of suites, so that what is left out says why. */
export const LEFT_OUT = HAS_CHROMIUM
  ? ""
  : ` (left out: there is no ${CHROMIUM}; Debian's package chromium has it)`;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** What a page did beside showing things. */
export interface Opened {
  readonly page: Page;
  /** Errors and warnings of the console, exceptions, and violations of the policy. */
  readonly complaints: string[];
  /** Addresses of all requests that were sent, in order. */
  readonly requests: string[];
}

export class TestBrowser {
  readonly #server: Server;
  readonly #browser: Browser;
  readonly origin: string;

  private constructor(server: Server, browser: Browser) {
    this.#server = server;
    this.#browser = browser;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  static async start(): Promise<TestBrowser> {
    if (!existsSync(`${DIST}/index.html`)) {
      throw new Error("packages/explorer/dist is not there: `npm run build` makes it");
    }
    const server = createServer((request, response) => {
      const path = `${DIST}${request.url === "/" ? "/index.html" : request.url}`;
      const found = existsSync(path);
      response.writeHead(found ? 200 : 404, {
        "content-type": TYPES[extname(path)] ?? "application/octet-stream",
      });
      response.end(found ? readFileSync(path) : undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    });
    return new TestBrowser(server, browser);
  }

  /** @param address what follows the origin, such as `#scores` */
  async open(address = "", options: BrowserContextOptions = {}): Promise<Opened> {
    return this.visit(this.origin + address, options);
  }

  async visit(url: string, options: BrowserContextOptions = {}): Promise<Opened> {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") {
        complaints.push(message.text());
      }
    });
    page.on("pageerror", (error) => complaints.push(String(error.stack)));
    context.on("requestfinished", (request) => requests.push(request.url()));
    context.on("requestfailed", (request) => {
      // What the policy forbids is not sent.
      if (request.failure()?.errorText !== "csp") {
        requests.push(request.url());
      }
    });
    await page.goto(url);
    return { page, complaints, requests };
  }

  async openSample(view = "scores", options: BrowserContextOptions = {}): Promise<Opened> {
    return this.open(`#${view}?sample=tumours&label=benign`, options);
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** A file as `setInputFiles` takes it. */
export interface GivenFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

export function fileOf(name: string, content: Uint8Array | string): GivenFile {
  return { name, mimeType: "application/octet-stream", buffer: Buffer.from(content) };
}

/** A file of the repository. */
export function repositoryFile(path: string): GivenFile {
  return fileOf(path.split("/").at(-1)!, readFileSync(ROOT + path));
}

export async function pick(
  page: Page,
  place: "model" | "table" | "certificate",
  file: GivenFile,
): Promise<void> {
  await page.locator(`input[data-place="${place}"]`).setInputFiles(file);
}

/** Drops files on the page, as a person does. */
export async function drop(page: Page, files: readonly GivenFile[]): Promise<void> {
  const given = files.map(({ name, buffer }) => ({ name, base64: buffer.toString("base64") }));
  await page.evaluate((all) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of all) {
      transfer.items.add(new File([Uint8Array.from(atob(base64), (each) => each.charCodeAt(0))], name));
    }
    document.body.dispatchEvent(
      new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }),
    );
  }, given);
}
