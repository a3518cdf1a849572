/** Methods whose calls go on: watching health, and reflection. */

import type { ServerDuplexStream, ServerErrorResponse, ServerWritableStream } from "@grpc/grpc-js";
import { status as Status } from "@grpc/grpc-js";
import { toFailure } from "../failure.ts";
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
} from "../proto/grpc/health/v1/health_pb.ts";
import {
  ServerReflection,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from "../proto/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as OlderReflection } from "../proto/grpc/reflection/v1alpha/reflection_pb.ts";
import type { HealthService } from "./health.ts";
import { decode, encode } from "./messages.ts";
import type { ReflectionService } from "./reflection.ts";
import { STATUS } from "./status.ts";

/** A call of which the service sends messages, as long as it likes. */
export type StreamCall = ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>;

/** What a call does with each message of the client, and what ends it. */
interface Talk {
  readonly onMessage: (message: Buffer) => void;
  readonly end?: () => void;
}

export interface StreamMethod {
  readonly path: string;
  /** Whether the client sends one message, or as many as it likes. */
  readonly type: "serverStream" | "bidi";
  /** @param send sends a message */
  readonly talk: (send: (message: Buffer) => void) => Talk;
}

export function healthWatch(health: HealthService): StreamMethod {
  return {
    path: `/${Health.typeName}/Watch`,
    type: "serverStream",
    talk: (send) => {
      let unwatch = () => undefined as unknown;
      return {
        onMessage: (message) => {
          const { service } = decode(HealthCheckRequestSchema, message);
          unwatch = health.watch(service, (response) => send(encode(HealthCheckResponseSchema, response)));
        },
        end: () => unwatch(),
      };
    },
  };
}

export function reflectionStreams(reflection: ReflectionService): StreamMethod[] {
  return [ServerReflection, OlderReflection].map(({ typeName }) => ({
    path: `/${typeName}/ServerReflectionInfo`,
    type: "bidi",
    talk: (send) => ({
      onMessage: (message) => {
        const answer = reflection.answer(decode(ServerReflectionRequestSchema, message));
        send(encode(ServerReflectionResponseSchema, answer));
      },
    }),
  }));
}

/** Calls of streaming methods under way, to end them when the service stops. */
export class OpenStreams {
  readonly #calls = new Set<StreamCall>();

  handle({ type, talk }: StreamMethod, call: StreamCall): void {
    const { onMessage, end } = talk((message) => {
      call.write(message);
    });
    const over = () => {
      this.#calls.delete(call);
      end?.();
    };
    const receive = (message: Buffer) => {
      try {
        onMessage(message);
      } catch (error) {
        const failure = toFailure(error);
        fail(call, STATUS[failure.kind], failure.message);
        over();
      }
    };
    this.#calls.add(call);
    call.on("cancelled", over);
    call.on("close", over);
    call.on("error", over);
    if (type === "serverStream") {
      receive((call as ServerWritableStream<Buffer, Buffer>).request);
      return;
    }
    (call as ServerDuplexStream<Buffer, Buffer>).on("data", receive);
    (call as ServerDuplexStream<Buffer, Buffer>).on("end", () => {
      call.end();
      over();
    });
  }

  /** Ends all calls; clients call again, at another server where there is one. */
  close(): void {
    for (const call of this.#calls) {
      fail(call, Status.UNAVAILABLE, "the service is stopping");
    }
    this.#calls.clear();
  }
}

function fail(call: StreamCall, code: Status, details: string): void {
  const error: ServerErrorResponse = Object.assign(new Error(details), { code, details });
  call.emit("error", error);
}
