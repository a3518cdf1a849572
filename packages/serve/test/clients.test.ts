/**
 * Clients that others wrote, as they are, against the running service. They need an environment of Python, which is not in the
 * repository, and are left out without it:
 *
 *     python3 -m venv .cache/serve-clients
 *     .cache/serve-clients/bin/pip install -r packages/serve/test/clients/requirements.txt
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixture } from "./support/fixture.ts";
import { ROOT, type Running, startService } from "./support/service.ts";

const ENVIRONMENT = join(ROOT, ".cache/serve-clients");
const CASE = "binary-logistic-missing";
const run = promisify(execFile);

/** Scripts and the module that each needs. */
const CLIENTS = {
  "triton_http.py": "tritonclient",
  "kserve_rest.py": "kserve",
  "mlflow_scoring.py": "mlflow",
};

let running: Running;
beforeAll(async () => {
  running = await startService({ "m.ubj": fixture(CASE).model });
});
afterAll(() => running.stop());

function isInstalled(module: string): boolean {
  const folder = join(ENVIRONMENT, "lib");
  const versions = existsSync(folder) ? readdirSync(folder) : [];
  return versions.some((version) => existsSync(join(folder, version, "site-packages", module)));
}

describe("clients in Python", () => {
  for (const [script, module] of Object.entries(CLIENTS)) {
    const installed = isInstalled(module);
    const reason = installed ? "" : ` (no ${module} in .cache/serve-clients)`;
    it.skipIf(!installed)(
      `${script}${reason}`,
      async () => {
        const { port, adminPort } = running.service;
        const { stdout } = await run(
          join(ENVIRONMENT, "bin/python"),
          [
            join(ROOT, "packages/serve/test/clients", script),
            String(port),
            String(adminPort),
            "m",
            `3.4.1/${CASE}`,
          ],
          { timeout: 120_000, env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" } },
        );
        expect(stdout).toMatch(/^ok /);
      },
      150_000,
    );
  }
});
