/**
 * `npm start`: installs what is missing, builds, scores a real data set with a real model and shows the result beside Python's own; then
 * runs the scoring service and the page until it is stopped. `-- --once` stops after the scoring.
 */
import { build } from "./build.mjs";

await build();
const { scoreShowcase } = await import("./showcase.mjs");
if (!scoreShowcase()) {
  process.exitCode = 1;
} else if (!process.argv.includes("--once")) {
  const { startServices } = await import("./services.mjs");
  const services = await startServices(console.log);
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => services.stop());
  }
  // Also where the service ends by itself.
  await services.ended;
  await services.stop();
}
