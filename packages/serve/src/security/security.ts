/** Who may use the listeners: certificates and tokens, read at the start and again on SIGHUP. */
import type { Config } from "../config/settings.ts";
import { Failure } from "../failure.ts";
import type { Logger } from "../log/logger.ts";
import { type ExposureConfig, exposureWarnings } from "./exposure.ts";
import { Tls, type TlsConfig } from "./tls.ts";
import { Tokens } from "./tokens.ts";

export type SecurityConfig = TlsConfig & ExposureConfig & Pick<Config, "tokenFile">;

export class Security {
  /** Plaintext where there is none. */
  readonly tls: Tls | undefined;
  readonly #tokens: Tokens | undefined;
  readonly #config: SecurityConfig;
  readonly #logger: Logger;

  constructor(config: SecurityConfig, logger: Logger) {
    this.tls = config.tlsCert === "" ? undefined : new Tls(config);
    this.#tokens = config.tokenFile === "" ? undefined : new Tokens(config.tokenFile);
    this.#config = config;
    this.#logger = logger;
  }

  /** Warns of listeners that are open to everybody. */
  warn(): void {
    for (const warning of exposureWarnings(this.#config)) {
      this.#logger.warn(warning);
    }
  }

  /**
   * Reads all files.
   * @throws Error for files that cannot be used
   */
  load(): void {
    this.#loadTls();
    this.#loadTokens();
  }

  /** Reads the files again. What cannot be used is logged, and what was before goes on. */
  reload(): void {
    for (const load of [() => this.#loadTls(), () => this.#loadTokens()]) {
      try {
        load();
      } catch (error) {
        this.#logger.error({ reason: (error as Error).message }, "certificates or tokens stay as they were");
      }
    }
  }

  /**
   * What becomes of a request without one of the tokens; `undefined` where it may go on.
   * @param authorization the header, or metadata, of this name
   */
  refusal(authorization: string | undefined): Failure | undefined {
    if (this.#tokens === undefined || this.#tokens.allow(authorization)) {
      return undefined;
    }
    const found =
      authorization === undefined ? "there is no token" : "the token is none of those that are known";
    return new Failure("unauthenticated", `${found}: send “Authorization: Bearer …”`);
  }

  #loadTls(): void {
    if (this.tls === undefined) {
      return;
    }
    const note = this.tls.load();
    this.#logger.info(note, "certificate read");
    if (Date.parse(note.validTo) < Date.now()) {
      this.#logger.warn(note, "the certificate has expired");
    }
  }

  #loadTokens(): void {
    if (this.#tokens !== undefined) {
      this.#logger.info({ tokens: this.#tokens.load() }, "tokens read");
    }
  }
}
