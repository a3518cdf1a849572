/** Compiles `assembly/kernel.ts` to WebAssembly and embeds it in `src/engine/kernel.ts`. Part of `npm run build`. */
import { readFileSync, writeFileSync } from "node:fs";
import { root } from "./run.mjs";

const TARGET = `${root}src/engine/kernel.ts`;

/** The module's bytes. */
export async function compileKernel() {
  const { default: asc } = await import("assemblyscript/asc");
  const { error, stderr, binary } = await asc.compileString(
    readFileSync(`${root}assembly/kernel.ts`, "utf8"),
    {
      optimizeLevel: 3,
      runtime: "stub",
      importMemory: true,
      noExportMemory: true,
      noAssert: true,
    },
  );
  if (error || binary === null) {
    throw new Error(`assembly/kernel.ts: ${error?.message}\n${stderr.toString()}`);
  }
  return binary;
}

/** The text of `src/engine/kernel.ts`. */
export async function kernelSource() {
  // Hexadecimal, because its repetitions survive: 1.5 kB compressed, where base64 takes 2.0.
  const text = Buffer.from(await compileKernel()).toString("hex");
  return `/** The WebAssembly module of \`assembly/kernel.ts\`, in hexadecimal. Made by \`npm run build\`: do not edit. */
export const KERNEL: string =
  // biome-ignore format: one line
  "${text}";
`;
}

export async function buildKernel() {
  const source = await kernelSource();
  if (readFileSync(TARGET, "utf8") !== source) {
    writeFileSync(TARGET, source);
  }
}
