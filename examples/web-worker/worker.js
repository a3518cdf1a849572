import { Booster } from "xgboost-infer";

const booster = fetch("model.ubj").then(async (response) => Booster.load(await response.arrayBuffer()));

addEventListener("message", async ({ data: { id, rows } }) => {
  const { data, shape } = (await booster).predict(rows);
  postMessage({ id, data, shape }, [data.buffer]);
});
