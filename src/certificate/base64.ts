/** Base64, RFC 4648 section 4, to bytes. The core uses no platform's own. */
import { CertificateError } from "./errors.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const NONE = 255;

/** By character code: its six bits. */
const SEXTETS = new Uint8Array(128).fill(NONE);
for (let i = 0; i < ALPHABET.length; i++) {
  SEXTETS[ALPHABET.charCodeAt(i)] = i;
}

/**
 * @param where of the certificate, for the error
 * @throws CertificateError for characters that are not of the alphabet, and for another number of bytes
 */
export function decodeBase64(text: string, byteLength: number, where: string): Uint8Array {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const digits = text.length - padding;
  const found = Math.floor((digits * 3) / 4);
  if (text.length % 4 !== 0 || found !== byteLength) {
    const what = text.length % 4 === 0 ? `${found} bytes` : `${text.length} characters`;
    throw new CertificateError(where, `has ${what} of base64, expected ${byteLength} bytes`);
  }
  const bytes = new Uint8Array(byteLength);
  let [buffer, bits, at] = [0, 0, 0];
  for (let i = 0; i < digits; i++) {
    const sextet = SEXTETS[text.charCodeAt(i)] ?? NONE;
    if (sextet === NONE) {
      throw new CertificateError(where, `has ${JSON.stringify(text[i])} at ${i}, which is not base64`);
    }
    buffer = ((buffer << 6) | sextet) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (buffer >> bits) & 255;
    }
  }
  return bytes;
}
