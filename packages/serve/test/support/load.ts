/** Clients that score as long as they are told to, and know of each reply which model all of it is from. */
import { Agent, request } from "node:http";
import { Booster } from "xgboost-infer";
import { GRPCInferenceService } from "../../src/proto/open_inference_pb.ts";
import { rowTexts } from "./fixture.ts";
import { GrpcClient } from "./grpc-client.ts";
import { A, B, MATRIX } from "./swaps.ts";

const ROWS = Array.from({ length: A.rows }, (_, row) => row);
const BODY = `{"inputs":[{"name":"rows","shape":[${A.rows},${A.cols}],"datatype":"FP32","data":[${rowTexts(A, ROWS).flat()}]}]}`;

/** What the models answer to the rows of A. */
const EXPECTED = [A, B].map(
  ({ model }) => Booster.load(model).predict({ data: A.values, rows: A.rows, cols: A.cols }).data,
);

/** Clients in one process share connections otherwise. */
const OWN_CONNECTION = { "grpc.use_local_subchannel_pool": 1 };

export interface Outcome {
  /** Answered by one of the two models, to the bit. */
  answered: number;
  /** Replies that no single model gives, or of another digest than the model's. */
  mixed: number;
  /** Requests without an answer, after they were repeated where that was allowed; and why. */
  failed: string[];
  /** Requests that were sent once more. */
  repeated: number;
  /** Milliseconds of the longest, from the first attempt on. */
  longest: number;
  readonly models: Set<number>;
}

export interface LoadOptions {
  readonly rest: number;
  readonly grpc: number;
  /** How often a request without an answer is sent again. Scoring changes nothing, so that this is safe. */
  readonly repeats?: number;
  /** Milliseconds between two requests of a client. */
  readonly pause?: number;
}

export interface Load {
  readonly outcome: Outcome;
  stop(): Promise<Outcome>;
}

/** A reply: its values, and the digest of the model that it names. */
type Score = () => Promise<readonly [values: ArrayLike<number>, digest: string]>;

export function startLoad(
  of: { readonly port: number; readonly grpcPort: number },
  { rest, grpc, repeats = 0, pause = 0 }: LoadOptions,
): Load {
  const outcome: Outcome = { answered: 0, mixed: 0, failed: [], repeated: 0, longest: 0, models: new Set() };
  const digests = new Map<string, number>();
  let going = true;
  const agents = Array.from({ length: rest }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  const clients = Array.from({ length: grpc }, () => new GrpcClient(of.grpcPort, OWN_CONNECTION));
  const scores: Score[] = [
    ...agents.map((agent) => () => inferRest(of.port, agent)),
    ...clients.map((client) => () => inferGrpc(client)),
  ];
  const work = scores.map(async (score) => {
    while (going) {
      const begin = performance.now();
      try {
        const [values, digest] = await repeated(score, repeats, outcome);
        const model = EXPECTED.findIndex((each) => each.every((value, i) => Object.is(value, values[i])));
        const known = digests.get(digest) ?? model;
        digests.set(digest, known);
        outcome.answered++;
        outcome.models.add(model);
        outcome.mixed += model < 0 || known !== model ? 1 : 0;
      } catch (error) {
        outcome.failed.push((error as Error).message);
      }
      outcome.longest = Math.max(outcome.longest, performance.now() - begin);
      if (pause > 0) {
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  });
  return {
    outcome,
    stop: async () => {
      going = false;
      await Promise.all(work);
      for (const each of agents) {
        each.destroy();
      }
      for (const each of clients) {
        each.close();
      }
      return outcome;
    },
  };
}

async function repeated(score: Score, repeats: number, outcome: Outcome): ReturnType<Score> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await score();
    } catch (error) {
      if (attempt === repeats) {
        throw error;
      }
      outcome.repeated++;
    }
  }
}

function inferRest(port: number, agent: Agent): ReturnType<Score> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        port,
        host: "127.0.0.1",
        path: "/v2/models/m/infer",
        method: "POST",
        agent,
        headers: { "Content-Type": "application/json", "Content-Length": BODY.length },
        timeout: 5_000,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) {
            resolve([JSON.parse(text).outputs[0].data, response.headers["x-model-digest"] as string]);
          } else {
            reject(new Error(`REST: ${response.statusCode} ${text}`));
          }
        });
      },
    );
    sent.on("timeout", () => sent.destroy(new Error("no answer after 5 s")));
    sent.on("error", (error) =>
      reject(new Error(`REST: ${error.message} on ${sent.reusedSocket ? "an open" : "a new"} connection`)),
    );
    sent.end(BODY);
  });
}

async function inferGrpc(client: GrpcClient): ReturnType<Score> {
  const deadline = Date.now() + 5_000;
  const { message } = await client.call(GRPCInferenceService.method.modelInfer, MATRIX, { deadline });
  const values = new Float32Array(new Uint8Array(message.rawOutputContents[0]!).buffer);
  return [values, message.parameters["model_digest"]!.parameterChoice.value as string];
}
