/** Frames of gRPC-Web with one message each way: gRPC for browsers, over HTTP/1.1, with the trailers as a last frame. */
import { Failure, invalid } from "../failure.ts";
import { STATUS } from "../grpc/status.ts";
import type { Reply } from "./exchange.ts";

/** Flag and length in front of what a frame holds. */
const HEADER_BYTES = 5;
const COMPRESSED = 1;
const TRAILERS = 0x80;

const BINARY = ["application/grpc-web+proto", "application/grpc-web"];
/** In base64, for browsers that cannot read bytes as they come. */
const TEXT = ["application/grpc-web-text+proto", "application/grpc-web-text"];

export const GRPC_WEB_TYPES: readonly string[] = [...BINARY, ...TEXT];

/**
 * The message of a request's body.
 * @throws Failure for anything but one frame that is not compressed
 */
export function readFrame(body: Buffer, type: string): Buffer {
  const bytes = TEXT.includes(type) ? Buffer.from(body.toString("latin1"), "base64") : body;
  const length = bytes.length >= HEADER_BYTES ? bytes.readUInt32BE(1) : -1;
  if (bytes.length !== HEADER_BYTES + length) {
    throw invalid("the body is no frame of gRPC-Web with one message");
  }
  if (bytes[0] === COMPRESSED) {
    throw new Failure("unsupported", "the message is compressed, expected one that is not");
  }
  if (bytes[0] !== 0) {
    throw invalid(`the frame has the flag ${bytes[0]}, expected 0`);
  }
  return bytes.subarray(HEADER_BYTES);
}

export function messageReply(message: Buffer, type: string): Reply {
  return reply(Buffer.concat([frame(0, message), trailers(0, "")]), type);
}

/** Failures are in the trailers; the status of HTTP is 200 all the same. */
export function failureReply({ kind, message }: Failure, type: string): Reply {
  return reply(trailers(STATUS[kind], message), type);
}

function reply(bytes: Buffer, type: string): Reply {
  return { status: 200, type, body: TEXT.includes(type) ? bytes.toString("base64") : bytes };
}

function trailers(status: number, message: string): Buffer {
  const lines = [`grpc-status: ${status}`, ...(message === "" ? [] : [`grpc-message: ${percent(message)}`])];
  return frame(TRAILERS, Buffer.from(lines.map((line) => `${line}\r\n`).join("")));
}

function frame(flag: number, content: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = flag;
  header.writeUInt32BE(content.length, 1);
  return Buffer.concat([header, content]);
}

/** Bytes of UTF-8 that are not visible ASCII, and the percent sign, as `%XX`. */
function percent(text: string): string {
  return Array.from(Buffer.from(text), (byte) =>
    byte >= 0x20 && byte <= 0x7e && byte !== 0x25
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
  ).join("");
}
