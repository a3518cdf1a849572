/** Authorities and certificates for tests, made with openssl. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Certificate {
  /** Paths of the files. */
  readonly cert: string;
  readonly key: string;
}

export class Authority {
  readonly #folder: string;
  readonly #name: string;
  /** Path of its certificate. */
  readonly path: string;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
    this.path = join(folder, `${name}.pem`);
    openssl(
      "req",
      "-x509",
      ...NEW_KEY,
      "-subj",
      `/CN=${name}`,
      "-days",
      "2",
      ...[...["-keyout", join(folder, `${name}.key`)], ...["-out", this.path]],
    );
  }

  /** The certificate in PEM format, for clients that trust it. */
  get pem(): Buffer {
    return readFileSync(this.path);
  }

  /** A certificate for 127.0.0.1 and localhost. */
  issue(name: string): Certificate {
    const cert = join(this.#folder, `${name}.pem`);
    const key = join(this.#folder, `${name}.key`);
    const request = join(this.#folder, `${name}.csr`);
    const extensions = join(this.#folder, `${name}.ext`);
    writeFileSync(extensions, "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    openssl("req", ...NEW_KEY, "-subj", `/CN=${name}`, "-keyout", key, "-out", request);
    openssl(
      "x509",
      "-req",
      "-in",
      request,
      "-days",
      "2",
      "-extfile",
      extensions,
      ...[
        ...["-CA", this.path, "-CAkey", join(this.#folder, `${this.#name}.key`), "-CAcreateserial"],
        ...["-out", cert],
      ],
    );
    return { cert, key };
  }
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

function openssl(...parameters: string[]): void {
  execFileSync("openssl", parameters, { stdio: "pipe" });
}
