import { Booster } from "xgboost-infer";
import model from "./model.ubj"; // bytes, by the bundler's rule for data: esbuild --loader:.ubj=binary

const booster = Booster.load(model); // once an isolate, not once a request

export default {
  async fetch(request) {
    try {
      const [score] = booster.predictRow(await request.json());
      return Response.json({ score });
    } catch (error) {
      return Response.json({ error: error.message }, { status: 400 });
    }
  },
};
