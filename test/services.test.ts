/** What `npm start` leaves running: the service, asked with the line that it prints, and the page's files. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServices } from "../tools/services.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const hasCurl = spawnSync("curl", ["--version"]).status === 0;

let page = "";
let printed = "";
let services: Awaited<ReturnType<typeof startServices>>;

beforeAll(async () => {
  page = mkdtempSync(join(tmpdir(), "xgboost-infer-page-"));
  mkdirSync(join(page, "assets"));
  writeFileSync(join(page, "index.html"), "<title>page</title>");
  writeFileSync(join(page, "assets/kernel.wasm"), "wasm");
  writeFileSync(join(page, "assets/a.js"), "1");
  services = await startServices((text) => {
    printed += `${text}\n`;
  }, page);
}, 60_000);
afterAll(async () => {
  await services.stop();
  rmSync(page, { recursive: true });
});

describe("npm start", () => {
  it.skipIf(!hasCurl)(`prints a line that scores a patient${hasCurl ? "" : " (there is no curl)"}`, () => {
    const line = /^ {2}(curl .*)$/m.exec(printed)![1]!;
    const answer = execFileSync("sh", ["-c", `${line} -s`], { cwd: ROOT, encoding: "utf8" });
    const [names, first] = readFileSync(join(ROOT, "examples/patients.csv"), "utf8")
      .split("\n")
      .map((each) => each.split(","));
    const python = Math.fround(Number(first![names!.indexOf("python")]));
    const { status, result } = JSON.parse(answer) as { status: number; result: { score: number } };
    expect([status, result.score]).toEqual([0, python]);
  });

  it("serves the page with the types that browsers want, and nothing outside of it", async () => {
    const get = async (path: string, method = "GET") => {
      const answer = await fetch(`http://127.0.0.1:${services.pagePort}${path}`, { method });
      return [answer.status, answer.headers.get("content-type"), await answer.text()];
    };
    expect(await get("/")).toEqual([200, "text/html; charset=utf-8", "<title>page</title>"]);
    expect(await get("/?a=b")).toEqual([200, "text/html; charset=utf-8", "<title>page</title>"]);
    expect(await get("/assets/kernel.wasm")).toEqual([200, "application/wasm", "wasm"]);
    expect((await get("/assets/a.js"))[1]).toBe("text/javascript; charset=utf-8");
    expect(await get("/assets/a.js", "HEAD")).toEqual([200, "text/javascript; charset=utf-8", ""]);
    for (const path of ["/assets", "/none", "/..%2f..%2fetc%2fpasswd", "/%00", "/%zz"]) {
      expect((await get(path))[0]).toBe(404);
    }
    expect((await get("/", "POST"))[0]).toBe(405);
  });

  it("says where the page is missing", async () => {
    let text = "";
    const without = await startServices(
      (line) => {
        text += line;
      },
      join(page, "none"),
    );
    expect(without.pagePort).toBeUndefined();
    expect(text).toContain("not built");
    // The ports of the first are taken: this one has others.
    expect(without.port).not.toBe(services.port);
    await without.stop();
  }, 60_000);
});
