/**
 * `npm start`: installs what is missing, builds, scores a real data set with a real model and shows the result beside
 * Python's own. `-- --once` is accepted: there is nothing to keep running yet.
 */
import { build } from "./build.mjs";

await build();
const { scoreShowcase } = await import("./showcase.mjs");
process.exitCode = scoreShowcase() ? 0 : 1;
