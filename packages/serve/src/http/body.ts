/** The body of a request: read within limits, and unpacked within the same limits. */
import type { IncomingMessage } from "node:http";
import { gunzip, inflate } from "node:zlib";
import { Failure, invalid } from "../failure.ts";

type Done = (error: Failure | undefined, body: Buffer) => void;

const EMPTY = Buffer.alloc(0);

const INFLATE = { gzip: gunzip, "x-gzip": gunzip, deflate: inflate } as const;

/** Calls back once, with the body or with the failure. Not a promise: it would cost more than reading a small body. */
export function readBody(request: IncomingMessage, maxBytes: number, done: Done): void {
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) {
    done(tooLarge(maxBytes), EMPTY);
    return;
  }
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity" && !Object.hasOwn(INFLATE, encoding)) {
    done(
      new Failure(
        "unsupportedType",
        `content encoding ${JSON.stringify(encoding.slice(0, 50))}, expected gzip or deflate`,
      ),
      EMPTY,
    );
    return;
  }
  collect(request, maxBytes, (error, body) => {
    if (error !== undefined || encoding === "identity") {
      done(error, body);
    } else {
      unpack(encoding as keyof typeof INFLATE, body, maxBytes, done);
    }
  });
}

function collect(request: IncomingMessage, maxBytes: number, done: Done): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let ended = false;
  const end = (error: Failure | undefined, body: Buffer) => {
    if (!ended) {
      ended = true;
      done(error, body);
    }
  };
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) {
      chunks.length = 0;
      end(tooLarge(maxBytes), EMPTY);
    } else if (!ended) {
      chunks.push(chunk);
    }
  });
  request.on("end", () => end(undefined, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
  // Every request is closed at last: an error is made only for one that was cut off, since its stack takes long.
  const gone = () => {
    if (!ended) {
      end(new Failure("cancelled", "the client has gone"), EMPTY);
    }
  };
  request.on("error", gone);
  request.on("close", gone);
}

function unpack(encoding: keyof typeof INFLATE, body: Buffer, maxBytes: number, done: Done): void {
  INFLATE[encoding](body, { maxOutputLength: maxBytes }, (error, unpacked) => {
    if (error === null) {
      done(undefined, unpacked);
    } else if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      done(tooLarge(maxBytes, " when unpacked"), EMPTY);
    } else {
      done(invalid(`the body is not ${encoding}: ${error.message}`), EMPTY);
    }
  });
}

function tooLarge(maxBytes: number, when = ""): Failure {
  return new Failure("tooLarge", `the body is larger than ${maxBytes} bytes${when}`);
}
