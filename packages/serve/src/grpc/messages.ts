/** Bytes to messages and back. */
import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { invalid } from "../failure.ts";

/** @throws Failure for bytes that are no such message */
export function decode<Schema extends DescMessage>(schema: Schema, bytes: Uint8Array): MessageShape<Schema> {
  try {
    // Unknown fields are for those who send messages on.
    return fromBinary(schema, bytes, { readUnknownFields: false });
  } catch (error) {
    throw invalid(`the message is no ${schema.typeName}: ${(error as Error).message.slice(0, 200)}`);
  }
}

export function encode<Schema extends DescMessage>(schema: Schema, message: MessageShape<Schema>): Buffer {
  const bytes = toBinary(schema, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
