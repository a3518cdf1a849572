/** A model directory with a check, and tables for it. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { modelPath } from "./fixture-tables.ts";

/** Has the features age, sex, bmi and others of the fixture `feature-names`. */
export function writeModelDirectory(folder: string, check: object): string {
  const directory = `${folder}/model`;
  mkdirSync(directory, { recursive: true });
  copyFileSync(modelPath("3.4.1/feature-names"), `${directory}/trees.json`);
  writeFileSync(`${directory}/model.json`, JSON.stringify({ name: "test", model: "trees.json", check }));
  return directory;
}
