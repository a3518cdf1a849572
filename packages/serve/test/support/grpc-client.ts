/** A client of gRPC in TypeScript from the same definitions as the service, on the library that clients in Node use. */
import {
  create,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { type CallOptions, Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";

export interface Reply<Method extends DescMethodUnary> {
  readonly message: MessageShape<Method["output"]>;
  readonly metadata: Metadata;
}

export class GrpcClient {
  readonly client: Client;

  constructor(port: number, options = {}) {
    this.client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  }

  /** @throws ServiceError where the status is not OK */
  async call<Method extends DescMethodUnary>(
    method: Method,
    request: MessageInitShape<Method["input"]>,
    options: CallOptions & { readonly metadata?: Metadata } = {},
  ): Promise<Reply<Method>> {
    const bytes = toBinary(method.input, create(method.input, request));
    const { message, metadata } = await this.send(
      `/${method.parent.typeName}/${method.name}`,
      bytes,
      options,
    );
    return { message: fromBinary(method.output, message) as MessageShape<Method["output"]>, metadata };
  }

  /** Bytes as they are, also such as are no message. */
  send(
    path: string,
    bytes: Uint8Array,
    { metadata = new Metadata(), ...options }: CallOptions & { readonly metadata?: Metadata } = {},
  ): Promise<{ readonly message: Buffer; readonly metadata: Metadata }> {
    return new Promise((resolve, reject) => {
      let headers = new Metadata();
      const call = this.client.makeUnaryRequest(
        path,
        (value: Uint8Array) => Buffer.from(value),
        (value: Buffer) => value,
        bytes,
        metadata,
        options,
        (error: ServiceError | null, message?: Buffer) =>
          error === null ? resolve({ message: message!, metadata: headers }) : reject(error),
      );
      call.on("metadata", (received: Metadata) => {
        headers = received;
      });
    });
  }

  close(): void {
    this.client.close();
  }
}
