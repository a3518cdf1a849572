/** A name server for one name, whose addresses change. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/** Types of records (RFC 1035). */
const A = 1;
const IN = 1;
const HEAD_BYTES = 12;

export class NameServer {
  /** IPv4 addresses that any name has from now on. */
  addresses: readonly string[];
  readonly #socket: Socket = createSocket("udp4");

  constructor(addresses: readonly string[]) {
    this.addresses = addresses;
    this.#socket.on("message", (query, { port, address }) => {
      this.#socket.send(this.#answer(query), port, address);
    });
  }

  /** @returns the port */
  async listen(): Promise<number> {
    this.#socket.bind(0, "127.0.0.1");
    await once(this.#socket, "listening");
    return (this.#socket.address() as AddressInfo).port;
  }

  close(): void {
    this.#socket.close();
  }

  #answer(query: Buffer): Buffer {
    // The name ends with an empty label; type and class come after it.
    const questionEnd = query.indexOf(0, HEAD_BYTES) + 5;
    const isAddress = query.readUInt16BE(questionEnd - 4) === A;
    const addresses = isAddress ? this.addresses : [];
    const head = Buffer.from(query.subarray(0, HEAD_BYTES));
    // A response, recursion wanted and available, no error.
    head.writeUInt16BE(0x8180, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(addresses.length, 6);
    head.writeUInt32BE(0, 8);
    return Buffer.concat([
      head,
      query.subarray(HEAD_BYTES, questionEnd),
      ...addresses.map((address) => record(address)),
    ]);
  }
}

/** An address of the name in the question, good for a second. */
function record(address: string): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16BE(0xc000 | HEAD_BYTES, 0);
  bytes.writeUInt16BE(A, 2);
  bytes.writeUInt16BE(IN, 4);
  bytes.writeUInt32BE(1, 6);
  bytes.writeUInt16BE(4, 10);
  bytes.set(address.split(".").map(Number), 12);
  return bytes;
}
