/** `npm run soak`: a thousand reloads of the service in ten minutes under load. `SOAK_SECONDS` and `SOAK_RELOADS` say otherwise. */
import { build } from "./build.mjs";
import { bin, run } from "./run.mjs";

process.env["SOAK_SECONDS"] ??= "600";
process.env["SOAK_RELOADS"] ??= "1000";
await build();
run(bin("vitest"), ["run", "--config", "vitest.slow.config.ts", "packages/serve/test/slow/soak.test.ts"]);
