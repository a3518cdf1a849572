/** Bearer tokens (RFC 6750) from a file. */
import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

/** What a header can carry, as the RFC has it. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

const HEADER = /^bearer +(\S+) *$/i;

export class Tokens {
  readonly #path: string;
  /** Hashes of the tokens, which all have one length, as the comparison needs it. */
  #hashes: readonly Buffer[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Reads the file: a token a line, so that an old and a new one are good at the same time; empty lines and those that begin with
   * `#` are passed over.
   * @returns how many there are
   * @throws Error for a file that cannot be used; then the tokens of before stay
   */
  load(): number {
    this.#hashes = readTokens(this.#path).map(hash);
    return this.#hashes.length;
  }

  /** Whether `Authorization` carries one of them. How long that takes tells nothing of how much of a token was right. */
  allow(authorization: string | undefined): boolean {
    const token = HEADER.exec(authorization ?? "")?.[1];
    if (token === undefined) {
      return false;
    }
    const given = hash(token);
    let allowed = false;
    for (const each of this.#hashes) {
      allowed = timingSafeEqual(each, given) || allowed;
    }
    return allowed;
  }
}

function readTokens(path: string): string[] {
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`--token-file ${path}: ${(error as Error).message}`);
  }
  const tokens: string[] = [];
  for (const [index, line] of content.split("\n").entries()) {
    const token = line.trim();
    if (token === "" || token.startsWith("#")) {
      continue;
    }
    if (!TOKEN.test(token)) {
      // Not the token itself: messages go into logs.
      throw new Error(
        `--token-file ${path}: line ${index + 1} is no token, expected letters, digits and -._~+/ without spaces`,
      );
    }
    tokens.push(token);
  }
  if (tokens.length === 0) {
    throw new Error(`--token-file ${path}: no token, expected one a line`);
  }
  return tokens;
}

function hash(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
