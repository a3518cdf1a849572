/** Loads a model file in a fresh process and prints the milliseconds that took. */
import { readFileSync } from "node:fs";
import { Booster } from "../src/index.ts";

const data = readFileSync(process.argv[2] ?? "");
const begin = performance.now();
Booster.load(data);
console.log(performance.now() - begin);
