import Fastify from "fastify";
import { FeatureCheckError, ModelExecutor } from "xgboost-infer/executor";

const executor = ModelExecutor.load(`${import.meta.dirname}/../tumour`);
export const server = Fastify();

server.post("/score", ({ body }) => executor.execute(body)); // {"mean radius": 17.99, …} in any order

server.setErrorHandler((error, _, reply) => {
  const status = error instanceof FeatureCheckError ? 422 : (error.statusCode ?? 500);
  return reply.status(status).send({ error: error.message, missing: error.missing });
});
