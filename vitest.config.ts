import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "packages/*/test/**/*.test.ts"],
    exclude: ["test/slow/**", "packages/*/test/{slow,recipes}/**", "**/node_modules/**"],
    pool: "threads",
    // For machines that are busy: what must be fast measures itself.
    testTimeout: 60_000,
  },
});
