/** Large replies that clients do not take: flow control lets them wait in memory for as long as the client likes. */
import type { Socket } from "node:net";
import {
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type ServerListener,
} from "@grpc/grpc-js";
import { Unread } from "../unread.ts";
import { peerOf } from "./departures.ts";

/** Smaller ones are part of what a connection has room for. */
const LEAST_BYTES = 1 << 14;

export class Replies {
  readonly #unread: Unread;
  readonly #onEnd: (call: ServerInterceptingCallInterface) => void;
  /** By the peer, as calls name it. */
  readonly #sockets = new Map<string, Socket>();

  /** @param onEnd told of each call whose reply is whole and about to end: an interceptor more would cost each call */
  constructor(timeout: number, onClosed: () => void, onEnd: (call: ServerInterceptingCallInterface) => void) {
    this.#onEnd = onEnd;
    // A connection carries the calls of many clients, of which each may take its time.
    this.#unread = new Unread({ timeout, maxBytesOfOne: Number.POSITIVE_INFINITY, onClosed });
  }

  add(socket: Socket): void {
    const peer = peerOf(socket);
    this.#sockets.set(peer, socket);
    socket.once("close", () => this.#sockets.delete(peer));
  }

  readonly interceptor: ServerInterceptor = (_, call) => {
    let taken: (() => void) | undefined;
    const listener: ServerListener = {
      onReceiveMetadata: (metadata, next) => next(metadata),
      onReceiveMessage: (message, next) => next(message),
      onReceiveHalfClose: (next) => next(),
      // The end of every call, however it came about.
      onCancel: () => taken?.(),
    };
    return new ServerInterceptingCall(call, {
      start: (next) => next(listener),
      sendMessage: (message: Buffer, next) => {
        if (message.length >= LEAST_BYTES) {
          taken = this.#note(call, message.length);
        }
        next(message);
      },
      sendStatus: (status, next) => {
        this.#onEnd(call);
        next(status);
      },
    });
  };

  close(): void {
    this.#unread.close();
  }

  #note(call: ServerInterceptingCallInterface, bytes: number): (() => void) | undefined {
    const socket = this.#sockets.get(call.getPeer());
    return socket && this.#unread.add(socket, bytes);
  }
}
