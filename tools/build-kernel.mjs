/** Compiles the loops in `assembly/` to WebAssembly and embeds them in `src/`. Part of `npm run build`. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { root } from "./run.mjs";

/** Source, target, and the name of the constant in it. */
const KERNELS = /** @type {const} */ ([
  ["assembly/kernel.ts", "src/engine/kernel.ts", "KERNEL"],
  ["assembly/shap.ts", "src/shap/kernel.ts", "SHAP_KERNEL"],
]);

/**
 * The module's bytes.
 * @param {string} path
 */
async function compile(path) {
  const { default: asc } = await import("assemblyscript/asc");
  const { error, stderr, binary } = await asc.compileString(readFileSync(root + path, "utf8"), {
    optimizeLevel: 3,
    runtime: "stub",
    importMemory: true,
    noExportMemory: true,
    noAssert: true,
    enable: ["simd"],
  });
  if (error || binary === null) {
    throw new Error(`${path}: ${error?.message}\n${stderr.toString()}`);
  }
  return binary;
}

/**
 * @param {string} path
 * @param {string} name
 */
async function sourceOf(path, name) {
  // Hexadecimal, because its repetitions survive: 1.5 kB compressed, where base64 takes 2.0.
  const text = Buffer.from(await compile(path)).toString("hex");
  return `/** The WebAssembly module of \`${path}\`, in hexadecimal. Made by \`npm run build\`: do not edit. */
export const ${name}: string =
  // biome-ignore format: one line
  "${text}";
`;
}

export async function buildKernels() {
  for (const [path, target, name] of KERNELS) {
    const source = await sourceOf(path, name);
    if (!existsSync(root + target) || readFileSync(root + target, "utf8") !== source) {
      writeFileSync(root + target, source);
    }
  }
}
