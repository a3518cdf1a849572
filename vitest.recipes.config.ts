import { defineConfig } from "vitest/config";

export default defineConfig({ test: { include: ["packages/cli/test/recipes/*.test.ts"] } });
