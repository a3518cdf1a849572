/**
 * `npm start`: installs what is missing, builds, scores a real data set with a real model, shows the result beside Python's own, and
 * serves the explorer page until it is stopped. `-- --once` ends after the result; `PORT` names another port than 8080.
 */
import { build } from "./build.mjs";
import { serveExplorer } from "./explorer.mjs";

await build();
const { scoreShowcase } = await import("./showcase.mjs");
process.exitCode = scoreShowcase() ? 0 : 1;

if (!process.argv.includes("--once")) {
  const wanted = Number(process.env["PORT"] ?? 8080);
  const { address } = await serveExplorer(wanted).catch((error) => {
    if (error.code !== "EADDRINUSE") {
      throw error;
    }
    return serveExplorer(0);
  });
  console.log(`Explorer: ${address} (Ctrl+C ends it)`);
}
