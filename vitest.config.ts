import { defineConfig } from "vitest/config";

/** Tests that hold a time of the clock, such as "within 2 s". */
const ALONE = ["packages/*/test/alone/**/*.test.ts"];

const common = {
  pool: "threads",
  // For machines that are busy: what must be fast measures itself.
  testTimeout: 60_000,
} as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: "tests",
          include: ["test/**/*.test.ts", "packages/*/test/**/*.test.ts"],
          exclude: ["test/slow/**", "packages/*/test/{slow,recipes}/**", "**/node_modules/**", ...ALONE],
          sequence: { groupOrder: 0 },
        },
      },
      {
        // One after another when all others are done: what runs beside them would be measured, too.
        test: {
          ...common,
          name: "alone",
          include: ALONE,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
