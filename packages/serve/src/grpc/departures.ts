/** Connections that the service ends: with a reply, so that the client is told before it makes its next call. */
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import {
  type ConnectionInjector,
  type Server,
  ServerCredentials,
  type ServerInterceptingCallInterface,
} from "@grpc/grpc-js";

/** Milliseconds in which connections end with a reply; those on which none was sent end then. */
const NOTICE = 300;

/** What the library knows of each of its listeners, and does not publish. */
type Listeners = ReadonlyMap<unknown, { readonly sessions: ReadonlySet<ServerHttp2Session> }>;

/** Connections that can be ended by themselves. */
export interface Group {
  readonly injector: ConnectionInjector;
  readonly sessions: ReadonlySet<ServerHttp2Session>;
}

/**
 * Ending a connection refuses the calls that are on their way: the protocol knows no other way, and clients repeat such calls by
 * themselves, but only once. GOAWAY right before the end of a reply meets no call of a client that makes one at a time.
 */
export class Departures {
  /** By the peer, as calls name it. */
  readonly #leaving = new Map<string, ServerHttp2Session>();

  /** To be told of each call that is about to end. */
  passing(call: ServerInterceptingCallInterface): void {
    if (this.#leaving.size > 0) {
      const peer = call.getPeer();
      this.#leaving.get(peer)?.close();
      this.#leaving.delete(peer);
    }
  }

  /** From here on, these connections end with their next reply. Resolves when the others may be ended. */
  async announce(sessions: Iterable<ServerHttp2Session>): Promise<void> {
    const peers: string[] = [];
    for (const session of sessions) {
      if (!session.closed && !session.destroyed) {
        const peer = peerOf(session.socket);
        this.#leaving.set(peer, session);
        peers.push(peer);
      }
    }
    const end = performance.now() + NOTICE;
    while (performance.now() < end && peers.some((peer) => this.#leaving.has(peer))) {
      await new Promise((resolve) => setTimeout(resolve, NOTICE / 10));
    }
    for (const peer of peers) {
      this.#leaving.delete(peer);
    }
  }
}

export function newGroup(server: Server): Group {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listeners = server["http2Servers"] as Listeners;
  return { injector, sessions: [...listeners.values()].at(-1)!.sessions };
}

/** As the library names it. */
export function peerOf({ remoteAddress, remotePort }: Pick<Socket, "remoteAddress" | "remotePort">): string {
  return `${remoteAddress}:${remotePort}`;
}
