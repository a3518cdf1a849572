/**
 * The recipes for other engines, in examples/: Spark and ClickHouse score with the command as a filter, a scorer is killed in the
 * middle, and every row is there once, with XGBoost's bits. Their Python packages are installed into .cache/ once.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const PACKAGES = ["numpy==2.2.6", "pandas==2.2.3", "pyarrow==26.0.1", "pyspark==4.3.0", "chdb==4.4.0"];
const MINUTES = 60_000;

/** Python that the packages have wheels for. */
function findPython(): string | undefined {
  return ["python3.12", "python3.11", "python3.13", "python3"].find((name) => {
    const { status, stdout } = spawnSync(
      name,
      ["-c", "import sys, venv; print(sys.version_info[:2] >= (3, 10))"],
      {
        encoding: "utf8",
      },
    );
    return status === 0 && stdout.trim() === "True";
  });
}

const python = findPython();
const java = spawnSync("java", ["-version"], { encoding: "utf8" }).status === 0;
const noPython = python === undefined ? " (no Python 3.10 or later here)" : "";
const noJava = java ? "" : " (no Java here)";

/** Made aside and renamed, so that an installation that was cut off is not taken for a whole one. */
function environment(): string {
  const folder = join(ROOT, ".cache/recipes");
  const interpreter = join(folder, "bin/python");
  if (!existsSync(interpreter)) {
    const made = `${folder}.new`;
    mkdirSync(join(ROOT, ".cache"), { recursive: true });
    rmSync(made, { recursive: true, force: true });
    execFileSync(python!, ["-m", "venv", made]);
    execFileSync(join(made, "bin/python"), ["-m", "pip", "install", "--quiet", ...PACKAGES], {
      stdio: "inherit",
    });
    renameSync(made, folder);
  }
  return interpreter;
}

function run(recipe: string): string {
  const { status, stdout, stderr } = spawnSync(
    environment(),
    [join(ROOT, `examples/${recipe}/test/test_score.py`)],
    {
      encoding: "utf8",
      timeout: 8 * MINUTES,
    },
  );
  expect(status, stderr.slice(-3000)).toBe(0);
  return stdout;
}

describe("recipes", () => {
  it.skipIf(noPython !== "")(
    `ClickHouse${noPython}`,
    () => {
      const printed = run("clickhouse");
      expect(printed).toContain("scored: 48000 rows, each once, with XGBoost's bits");
      expect(printed).toContain(
        "a scorer killed, the table made anew: 48000 rows, each once, with XGBoost's bits",
      );
    },
    15 * MINUTES,
  );

  it.skipIf(noPython + noJava !== "")(
    `Spark${noPython}${noJava}`,
    () => {
      const printed = run("spark");
      expect(printed).toContain("scored: 48000 rows, each once, with XGBoost's bits");
      expect(printed).toContain("a scorer killed: 48000 rows, each once, with XGBoost's bits");
      expect(printed).toContain("a failing scorer fails the job");
    },
    15 * MINUTES,
  );
});
