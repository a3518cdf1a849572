/** Settings from flags, environment and file; the command that they start. */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command, readConfig } from "../src/config/read-config.ts";
import { flagName, SETTING_NAMES, SETTINGS, variableName } from "../src/config/settings.ts";
import { fixture } from "./support/fixture.ts";
import { ROOT, send, until } from "./support/service.ts";

const folder = mkdtempSync(join(tmpdir(), "xgboost-infer-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function read(flags: readonly string[], environment: Record<string, string> = {}, file?: string) {
  const path = join(folder, "config.yaml");
  if (file !== undefined) {
    writeFileSync(path, file);
  }
  const config = file === undefined ? [] : ["--config", path];
  return readConfig(["node", "xgboost-infer-serve", ...config, ...flags], environment);
}

const MODELS = ["--model-repository", "models"];

describe("settings", () => {
  it("are flags, variables and keys of the same name, each described in the help", () => {
    const help = command().helpInformation();
    for (const name of SETTING_NAMES) {
      expect(help).toContain(`--${flagName(name)} `);
      expect(help).toContain(variableName(name));
    }
    expect([flagName("modelRepository"), variableName("adminPort")]).toEqual([
      "model-repository",
      "ADMIN_PORT",
    ]);
  });

  it("have defaults that their own kind accepts", () => {
    for (const name of SETTING_NAMES) {
      const { kind, fallback } = SETTINGS[name];
      expect(kind.parse(String(fallback)), name).toBe(fallback);
    }
  });

  it("come from flags before the environment, and from there before the file", () => {
    const file = "port: 1\nadmin-port: 1\nkeepAliveTimeout: 1\nlogRequests: false\n";
    const { port, adminPort, keepAliveTimeout, logRequests, host } = read(
      [...MODELS, "--port", "3"],
      { PORT: "2", ADMIN_PORT: "2", XGBOOST_INFER_SERVE_ADMIN_PORT: "4" },
      file,
    );
    expect([port, adminPort, keepAliveTimeout, logRequests, host]).toEqual([3, 4, 1, false, "127.0.0.1"]);
  });

  it("come from a file that a variable names, which may be JSON", () => {
    const path = join(folder, "config.json");
    writeFileSync(path, '{"modelRepository":"there"}');
    expect(readConfig(["node", "x"], { CONFIG: path }).modelRepository).toBe("there");
  });

  it.each([
    [() => read([]), /--model-repository is not given/],
    [() => read([...MODELS, "--port", "80a"]), /--port is "80a", expected a whole number from 0 to 65535/],
    [() => read([...MODELS, "--port", "70000"]), /--port is "70000"/],
    [() => read(MODELS, { LOG_LEVEL: "loud" }), /LOG_LEVEL is "loud", expected trace, debug/],
    [() => read(MODELS, {}, "ports: 1\n"), /unknown setting "ports"/],
    [() => read(MODELS, {}, "port: [1]\n"), /port is not a single value/],
    [() => read(MODELS, {}, "- 1\n"), /expected settings by name/],
    [() => read([...MODELS, "--config", "/nowhere/x"]), /--config \/nowhere\/x/],
  ])("that cannot be used are refused: %#", (work, message) => {
    expect(work).toThrow(message);
  });
});

const COMMAND = join(ROOT, "packages/serve/bin/xgboost-infer-serve.js");
const run = promisify(execFile);

describe("the command", () => {
  beforeAll(() => writeFileSync(join(folder, "m.ubj"), fixture("binary-logistic").model));

  it("ends with 2 for wrong usage, with 0 after its help", async () => {
    for (const [flags, message] of [
      [[], "--model-repository is not given"],
      [["--model-repository", "/nowhere"], "no such directory"],
      [["--nothing"], "unknown option"],
    ] as const) {
      const failed = await run(process.execPath, [COMMAND, ...flags]).catch((error: unknown) => error);
      expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    }
    const { stdout } = await run(process.execPath, [COMMAND, "--help"]);
    expect(stdout).toContain("--model-repository");
  }, 60_000);

  it("serves until it is told to stop, answers what is under way, and ends with 0", async () => {
    const log: Record<string, unknown>[] = [];
    const flags = [
      "--model-repository",
      folder,
      "--port",
      "0",
      "--admin-port",
      "0",
      "--drain-timeout",
      "300",
    ];
    const child = spawn(process.execPath, [COMMAND, ...flags], { stdio: ["ignore", "pipe", "inherit"] });
    let rest = "";
    child.stdout.on("data", (chunk) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      log.push(...lines.map((line) => JSON.parse(line)));
    });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    await until(() => log.some(({ msg }) => msg === "ready"), 30_000);
    const { port } = log.find(({ msg }) => msg === "listening") as { port: number };
    expect((await send(port, "/v2/health/ready")).status).toBe(200);
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(log.at(-1)!["msg"]).toBe("stopped");
    await expect(send(port, "/v2")).rejects.toThrow();
  }, 60_000);
});
