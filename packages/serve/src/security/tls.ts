/** Certificates of the listeners: read from files, and read again on request without an end to any connection. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions, type Server, type TlsOptions } from "node:tls";
import type { Config } from "../config/settings.ts";

export type TlsConfig = Pick<Config, "tlsCert" | "tlsKey" | "tlsClientCa" | "headersTimeout">;

export interface CertificateNote {
  readonly subject: string;
  readonly validTo: string;
  readonly clientsNeedOne: boolean;
}

/** The same certificate for all listeners. */
export class Tls {
  readonly #config: TlsConfig;
  readonly #servers: Server[] = [];
  #certificate: X509Certificate | undefined;

  constructor(config: TlsConfig) {
    this.#config = config;
  }

  /** For the making of a server. It has no certificate until `load`. */
  get options(): TlsOptions {
    const { tlsClientCa, headersTimeout } = this.#config;
    const needed = tlsClientCa !== "";
    // Node's own 120 s would let those hold on that never end their handshake.
    return { handshakeTimeout: headersTimeout, requestCert: needed, rejectUnauthorized: needed };
  }

  /** A server gets the certificate at the next `load`, and at each one after it. */
  serve(server: Server): void {
    this.#servers.push(server);
  }

  /**
   * Reads the files. New connections have the new certificate, those that are open go on.
   * @throws Error for files that cannot be used; then all stays as it was
   */
  load(): CertificateNote {
    const { tlsCert, tlsKey, tlsClientCa } = this.#config;
    const cert = read("--tls-cert", tlsCert);
    const key = read("--tls-key", tlsKey);
    const authorities =
      tlsClientCa === "" ? undefined : checkedAuthorities(tlsClientCa, read("--tls-client-ca", tlsClientCa));
    const context: SecureContextOptions = {
      cert,
      key,
      ...(authorities === undefined ? {} : { ca: authorities }),
    };
    try {
      createSecureContext(context);
    } catch (error) {
      throw new Error(`--tls-cert ${tlsCert}, --tls-key ${tlsKey}: ${(error as Error).message}`);
    }
    this.#certificate = new X509Certificate(cert);
    for (const server of this.#servers) {
      server.setSecureContext(context);
    }
    const { subject, validTo } = this.#certificate;
    return {
      subject: subject.replaceAll("\n", ", "),
      validTo: new Date(validTo).toISOString(),
      clientsNeedOne: authorities !== undefined,
    };
  }

  /** Seconds since 1970 at which the certificate ends; NaN before `load`. */
  get expiry(): number {
    return Date.parse(this.#certificate?.validTo ?? "") / 1000;
  }
}

function read(flag: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`${flag} ${path}: ${(error as Error).message}`);
  }
}

/** Node takes a file without any certificate for an empty list, by which it would refuse every client without a word. */
function checkedAuthorities(path: string, bytes: Buffer): Buffer {
  try {
    new X509Certificate(bytes);
    return bytes;
  } catch (error) {
    throw new Error(
      `--tls-client-ca ${path}: ${(error as Error).message}, expected certificates in PEM format`,
    );
  }
}
