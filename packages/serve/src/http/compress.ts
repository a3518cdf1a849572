/** Compression of large replies for clients that ask for it. */
import { deflate, gzip } from "node:zlib";

/** Smaller replies fit into a packet or three; packing them takes longer than sending them. */
const LEAST_BYTES = 4096;

/** Numbers shrink little more at higher levels, which take several times as long. */
const OPTIONS = { level: 1 };

/** `undefined` where the reply goes out as it is. */
export function compress(
  accepted: string | string[] | undefined,
  body: string | Buffer,
): Promise<{ body: Buffer; headers: readonly string[] }> | undefined {
  if (accepted === undefined || body.length < LEAST_BYTES) {
    return undefined;
  }
  const encoding = /\b(gzip|deflate)\b(?!\s*;\s*q=0(?:\.0*)?(?:\s*,|\s*$))/.exec(String(accepted))?.[1];
  if (encoding === undefined) {
    return undefined;
  }
  const pack = encoding === "gzip" ? gzip : deflate;
  return new Promise((resolve, reject) => {
    pack(body, OPTIONS, (error, packed) =>
      error === null
        ? resolve({ body: packed, headers: ["Content-Encoding", encoding, "Vary", "Accept-Encoding"] })
        : reject(error),
    );
  });
}
