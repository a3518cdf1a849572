/** `xgboost-infer inspect`: what is in a model. */
import type { Command } from "commander";
import { openModel } from "../model/open-model.ts";

export function addInspect(program: Command): void {
  program
    .command("inspect")
    .description("Shows what is in a model.")
    .argument("<model>", "model file or model directory")
    .action((path: string) => {
      const { booster } = openModel(path);
      process.stdout.write(`${booster.booster} ${booster.objective}, ${booster.numBoostedRounds} rounds\n`);
    });
}
