/** What the primary and its workers tell each other. */
import type { Config, LogLevel } from "../config/settings.ts";
import type { FailureKind } from "../failure.ts";
import type { MetricValues } from "../metrics/metrics.ts";
import type { IndexEntry } from "../repository/repository.ts";

/** The argument that tells a process to be a worker. */
export const WORKER_ARGUMENT = "--worker-process";

/** What a worker is asked for, and what it answers. */
export interface Questions {
  reload: { readonly ask: object; readonly answer: null };
  /** Read certificates and tokens again. */
  renew: { readonly ask: object; readonly answer: null };
  load: { readonly ask: { readonly name: string }; readonly answer: null };
  unload: { readonly ask: { readonly name: string }; readonly answer: null };
  index: { readonly ask: object; readonly answer: readonly IndexEntry[] };
  metrics: { readonly ask: object; readonly answer: MetricValues };
  logLevel: { readonly ask: { readonly level: LogLevel }; readonly answer: null };
  /** Whether its event loop goes on, and the open connections that it has. */
  ping: { readonly ask: object; readonly answer: Connections };
}

export type QuestionKind = keyof Questions;

export interface Question<Kind extends QuestionKind = QuestionKind> {
  readonly type: "question";
  readonly id: number;
  readonly kind: Kind;
  readonly ask: Questions[Kind]["ask"];
}

/** The first message to a worker, when it has started. */
export interface Start {
  readonly type: "start";
  readonly config: Config;
  /** Models that were unloaded on request. */
  readonly unloaded: readonly string[];
}

/** Answer what is under way, and end. */
export interface Leave {
  readonly type: "leave";
}

/** Give up so many connections: their clients are asked to connect anew. */
export interface GiveUp extends Connections {
  readonly type: "giveUp";
}

export type ToWorker = Start | Question | GiveUp | Leave;

/** Of HTTP and of gRPC. */
export interface Connections {
  readonly http: number;
  readonly grpc: number;
}

export interface Ports {
  readonly port: number;
  readonly grpcPort: number;
}

export type FromWorker =
  /** It listens to messages: those that come sooner are lost. */
  | { readonly type: "started" }
  /** It cannot start. */
  | { readonly type: "failed"; readonly message: string }
  | ({ readonly type: "listening"; readonly ready: boolean } & Ports)
  /** Whether it can score. */
  | { readonly type: "ready"; readonly ready: boolean }
  | { readonly type: "answer"; readonly id: number; readonly answer: unknown }
  | {
      readonly type: "failure";
      readonly id: number;
      readonly kind: FailureKind;
      readonly message: string;
    }
  /** Its last word. */
  | { readonly type: "left"; readonly metrics: MetricValues };
