/** Compiles the loops in `assembly/` to WebAssembly and embeds them in `src/`. Part of `npm run build`. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { root } from "./run.mjs";

/**
 * @typedef {object} Kernel
 * @property {string} source
 * @property {string} target
 * @property {string} constant name of the module's text in the target
 * @property {string[]} features of WebAssembly beyond the first version
 * @property {number} [shrink] how much less code is worth than speed
 * @property {number} unused addresses below are not used, so that the compiler can make small offsets part of a load
 */

/** @type {Kernel[]} */
const KERNELS = [
  {
    source: "assembly/kernel.ts",
    target: "src/engine/kernel.ts",
    constant: "KERNEL",
    features: [],
    unused: 1024,
  },
  {
    source: "assembly/ranked.ts",
    target: "src/engine/ranked-kernel.ts",
    constant: "RANKED_KERNEL",
    features: ["simd"],
    unused: 1024,
  },
  {
    source: "assembly/trees.ts",
    target: "src/compile/trees-kernel.ts",
    constant: "TREES_KERNEL",
    features: ["simd"],
    // Functions that are not all put into one take V8 0.7 MB less to compile, and 5 to 15 % longer.
    shrink: 1,
    unused: 1024,
  },
  {
    source: "assembly/shap.ts",
    target: "src/shap/kernel.ts",
    constant: "SHAP_KERNEL",
    features: ["simd"],
    unused: 0,
  },
  {
    source: "assembly/paths.ts",
    target: "src/shap/path-kernel.ts",
    constant: "PATH_KERNEL",
    features: ["simd"],
    unused: 0,
  },
];

/**
 * The module's bytes.
 * @param {Kernel} kernel
 */
async function compile({ source, features, shrink = 0, unused }) {
  const { default: asc } = await import("assemblyscript/asc");
  /** @type {import("assemblyscript/asc").CompilerOptions & { lowMemoryLimit?: number }} */
  const options = {
    optimizeLevel: 3,
    shrinkLevel: shrink,
    runtime: "stub",
    importMemory: true,
    noExportMemory: true,
    noAssert: true,
    enable: features,
    ...(unused > 0 ? { lowMemoryLimit: unused } : {}),
  };
  const { error, stderr, binary } = await asc.compileString(readFileSync(root + source, "utf8"), options);
  if (error || binary === null) {
    throw new Error(`${source}: ${error?.message}\n${stderr.toString()}`);
  }
  return binary;
}

/**
 * The text of the target.
 * @param {Kernel} kernel
 */
async function textOf(kernel) {
  // Hexadecimal, because its repetitions survive: 1.5 kB compressed, where base64 takes 2.0.
  const text = Buffer.from(await compile(kernel)).toString("hex");
  return `/** The WebAssembly module of \`${kernel.source}\`, in hexadecimal. Made by \`npm run build\`: do not edit. */
export const ${kernel.constant}: string =
  // biome-ignore format: one line
  "${text}";
`;
}

export async function buildKernels() {
  for (const kernel of KERNELS) {
    const text = await textOf(kernel);
    const target = root + kernel.target;
    if (!existsSync(target) || readFileSync(target, "utf8") !== text) {
      writeFileSync(target, text);
    }
  }
}
