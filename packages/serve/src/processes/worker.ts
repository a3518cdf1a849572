/** One of several processes that share the ports: it serves as the primary tells it. */
import { Failure, toFailure } from "../failure.ts";
import { type Log, openLog } from "../log/logger.ts";
import { Service } from "../service.ts";
import {
  type FromWorker,
  type Question,
  type QuestionKind,
  type Questions,
  type Start,
  type ToWorker,
  WORKER_ARGUMENT,
} from "./messages.ts";

type Answers = {
  readonly [Kind in QuestionKind]: (
    ask: Questions[Kind]["ask"],
  ) => Promise<Questions[Kind]["answer"]> | Questions[Kind]["answer"];
};

/** Serves until the primary says that it is enough, or is there no more. */
export function runWorker(): void {
  if (process.send === undefined) {
    process.stderr.write(
      `xgboost-infer-serve: ${WORKER_ARGUMENT} is for processes that the service starts\n`,
    );
    process.exitCode = 2;
    return;
  }
  const worker = new WorkerProcess();
  process.on("message", (message: ToWorker) => worker.receive(message));
  process.once("disconnect", () => worker.leave());
  // A terminal, and systemd, send these to all processes of the service: the primary decides.
  process.on("SIGINT", () => undefined);
  process.on("SIGHUP", () => undefined);
  // Otherwise Node would start its debugger.
  process.on("SIGUSR1", () => undefined);
  process.on("SIGUSR2", () => undefined);
  process.once("SIGTERM", () => worker.leave());
  tell({ type: "started" });
}

class WorkerProcess {
  #service: Service | undefined;
  #log: Log | undefined;
  #answers: Answers | undefined;
  #leaving = false;

  receive(message: ToWorker): void {
    switch (message.type) {
      case "start":
        void this.#start(message);
        return;
      case "leave":
        this.leave();
        return;
      case "giveUp":
        this.#service?.giveUp(message);
        return;
      case "question":
        void this.#answer(message);
    }
  }

  /** Answers what is under way, and ends. */
  leave(): void {
    if (!this.#leaving) {
      this.#leaving = true;
      void this.#leave();
    }
  }

  async #start({ config, unloaded }: Start): Promise<void> {
    // The primary writes the log: its own output is a pipe to there.
    const log = openLog({ ...config, logFile: "" }, { pid: process.pid });
    const service = new Service({ config, log, isWorker: true });
    this.#log = log;
    this.#service = service;
    this.#answers = answersOf(service, log);
    try {
      // Whoever connects to this process must find it ready.
      await service.load(unloaded);
      if (this.#leaving) {
        return;
      }
      await service.listen();
    } catch (error) {
      tell({ type: "failed", message: (error as Error).message });
      await log.close();
      process.exit(1);
    }
    const { port, grpcPort, ready } = service;
    service.onReady((isReady) => tell({ type: "ready", ready: isReady }));
    tell({ type: "listening", port, grpcPort, ready });
  }

  async #answer<Kind extends QuestionKind>({ id, kind, ask }: Question<Kind>): Promise<void> {
    try {
      const answers = this.#answers;
      if (answers === undefined) {
        throw new Failure("unavailable", "the process is starting");
      }
      tell({ type: "answer", id, answer: await answers[kind](ask) });
    } catch (error) {
      const { kind: failure, message } = toFailure(error);
      tell({ type: "failure", id, kind: failure, message });
    }
  }

  async #leave(): Promise<void> {
    await this.#service?.stop();
    if (this.#service !== undefined) {
      await told({ type: "left", metrics: await this.#service.metrics.values() });
    }
    await this.#log?.close();
    process.exit(0);
  }
}

function answersOf(service: Service, log: Log): Answers {
  const { repository, metrics } = service;
  return {
    reload: () => repository.reload().then(() => null),
    renew: () => {
      service.renew();
      return null;
    },
    load: ({ name }) => repository.load(name).then(() => null),
    unload: ({ name }) => repository.unload(name).then(() => null),
    index: () => repository.index(),
    metrics: () => metrics.values(),
    logLevel: ({ level }) => {
      log.logger.level = level;
      return null;
    },
    ping: () => service.connections,
  };
}

function tell(message: FromWorker): void {
  void told(message);
}

/** Resolves when the message is on its way, or nobody is there to read it. */
function told(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) {
      process.send!(message, undefined, undefined, () => resolve());
    } else {
      resolve();
    }
  });
}
