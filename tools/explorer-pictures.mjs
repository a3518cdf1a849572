/**
 * The second half of `npm run pictures`: pictures of the built explorer page for the README, `docs/explorer-*.png`. With
 * `--all FOLDER`, every view in light, dark and at phone width instead, for a person to look at.
 */
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";
import { serveExplorer } from "./explorer.mjs";
import { root } from "./run.mjs";

/** @typedef {{ file: string, hash: string, scheme: "light" | "dark", width: number, height: number }} Picture */

const DESKTOP = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };
const SAMPLE = "sample=tumours&label=benign&row=38";

/** @type {readonly Picture[]} */
const README = [
  { file: "docs/explorer-scores.png", hash: `scores?${SAMPLE}`, scheme: "light", ...DESKTOP },
  { file: "docs/explorer-why.png", hash: `why?${SAMPLE}`, scheme: "light", ...DESKTOP },
  { file: "docs/explorer-model.png", hash: `model?${SAMPLE}`, scheme: "dark", ...DESKTOP },
];

/** @param {string} folder */
function all(folder) {
  return ["start", "model", "scores", "why", "whatif", "trees", "race"].flatMap((view) =>
    /** @type {const} */ ([
      ["light", DESKTOP],
      ["dark", DESKTOP],
      ["light", PHONE],
    ]).map(([scheme, size]) => ({
      file: `${folder}/${view}-${size === PHONE ? "phone" : scheme}.png`,
      hash: `${view}?${SAMPLE}`,
      scheme,
      ...size,
    })),
  );
}

const folder = process.argv[process.argv.indexOf("--all") + 1];
const isAll = process.argv.includes("--all") && folder !== undefined;
if (isAll) {
  mkdirSync(folder, { recursive: true });
}

const server = await serveExplorer(0);
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
for (const { file, hash, scheme, width, height } of isAll ? all(folder) : README) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
  await page.goto(`${server.address}#${hash}`);
  await page.waitForTimeout(2500);
  await page.screenshot({ path: isAll ? file : root + file, fullPage: isAll });
  await page.close();
}
await browser.close();
server.close();
