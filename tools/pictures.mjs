/**
 * `npm run pictures`: makes `fixtures/explain/pictures/` anew, which the tests compare. With `--png FOLDER`, also draws
 * each with Chromium, in the light and the dark scheme, for a person to look at. Other arguments: names to draw.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { root } from "./run.mjs";

const FOLDER = join(root, "fixtures/explain/pictures");

/** @returns {Promise<Record<string, () => string>>} every picture, SVG or text, by file name */
async function loadPictures() {
  const outfile = join(root, "test/support/.pictures.mjs");
  try {
    await build({
      entryPoints: [join(root, "test/support/pictures.ts")],
      bundle: true,
      format: "esm",
      platform: "node",
      outfile,
    });
    return (await import(pathToFileURL(outfile).href)).PICTURES;
  } finally {
    rmSync(outfile, { force: true });
  }
}

/**
 * @param {string} file
 * @param {string} folder
 * @param {"light" | "dark"} scheme
 */
function draw(file, folder, scheme) {
  const name = file.replace(/\.svg$/, "");
  const [, width, height] = /width="([\d.]+)" height="([\d.]+)"/.exec(pictures[name]?.() ?? "") ?? [];
  const { status, stderr } = spawnSync(
    "chromium",
    [
      ...[
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--force-device-scale-factor=1.5",
      ],
      `--window-size=${Math.ceil(Number(width))},${Math.ceil(Number(height))}`,
      ...(scheme === "dark" ? ["--blink-settings=preferredColorScheme=0"] : []),
      `--screenshot=${join(folder, `${name}-in-${scheme}.png`)}`,
      pathToFileURL(join(FOLDER, file)).href,
    ],
    { encoding: "utf8", timeout: 60_000 },
  );
  if (status !== 0) {
    throw new Error(`chromium: ${stderr}`);
  }
}

const pictures = await loadPictures();
mkdirSync(FOLDER, { recursive: true });
for (const file of readdirSync(FOLDER)) {
  rmSync(join(FOLDER, file));
}
for (const [name, picture] of Object.entries(pictures)) {
  const text = picture();
  writeFileSync(join(FOLDER, `${name}.${text.startsWith("<svg") ? "svg" : "txt"}`), text);
}
console.log(`${Object.keys(pictures).length} pictures in ${FOLDER}`);

const at = process.argv.indexOf("--png");
if (at > 0) {
  const folder = resolve(process.argv[at + 1] ?? ".");
  const names = process.argv.slice(at + 2);
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(FOLDER).filter((each) => each.endsWith(".svg"))) {
    const name = file.replace(/\.svg$/, "");
    if (names.length === 0 || names.some((each) => name === each)) {
      for (const scheme of /** @type {const} */ (["light", "dark"])) {
        if (scheme === "light" || !/dark/.test(name)) {
          draw(file, folder, scheme);
        }
      }
    }
  }
}
