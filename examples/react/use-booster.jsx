import { use } from "react";
import { Booster } from "xgboost-infer";

const models = new Map(); // each model is loaded once, however many components ask for it

async function load(url) {
  const response = await fetch(url);
  return Booster.load(await response.arrayBuffer());
}

/** A loaded model; until it is there, the nearest `<Suspense>` shows. */
export function useBooster(url) {
  models.has(url) || models.set(url, load(url));
  return use(models.get(url));
}

export function Score({ url, row }) {
  const [score] = useBooster(url).predictRow(row);
  return <output>{score}</output>;
}
