/** Compiles the kernels of `assembly/` to WebAssembly and embeds them in `src/engine/`. Part of `npm run build`. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { root } from "./run.mjs";

const KERNELS = [
  { source: "assembly/kernel.ts", target: "src/engine/kernel.ts", constant: "KERNEL", features: [] },
  {
    source: "assembly/ranked.ts",
    target: "src/engine/ranked-kernel.ts",
    constant: "RANKED_KERNEL",
    features: ["simd"],
  },
];

/**
 * A kernel's bytes.
 * @param {string} source
 * @param {string[]} features
 */
async function compileKernel(source, features) {
  const { default: asc } = await import("assemblyscript/asc");
  /** @type {import("assemblyscript/asc").CompilerOptions & { lowMemoryLimit: number }} */
  const options = {
    optimizeLevel: 3,
    runtime: "stub",
    importMemory: true,
    noExportMemory: true,
    noAssert: true,
    enable: features,
    // Addresses below are not used, so that small offsets can become part of a load.
    lowMemoryLimit: 1024,
  };
  const { error, stderr, binary } = await asc.compileString(
    readFileSync(`${root}${source}`, "utf8"),
    options,
  );
  if (error || binary === null) {
    throw new Error(`${source}: ${error?.message}\n${stderr.toString()}`);
  }
  return binary;
}

/** Path and text of each source file that embeds a kernel. */
export async function kernelSources() {
  const sources = [];
  for (const { source, target, constant, features } of KERNELS) {
    // Hexadecimal, because its repetitions survive: 1.5 kB compressed, where base64 takes 2.0.
    const text = Buffer.from(await compileKernel(source, features)).toString("hex");
    sources.push({
      path: `${root}${target}`,
      text: `/** The WebAssembly module of \`${source}\`, in hexadecimal. Made by \`npm run build\`: do not edit. */
export const ${constant}: string =
  // biome-ignore format: one line
  "${text}";
`,
    });
  }
  return sources;
}

export async function buildKernels() {
  for (const { path, text } of await kernelSources()) {
    if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
      writeFileSync(path, text);
    }
  }
}
