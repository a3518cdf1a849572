/** A certificate cannot be read, or is not of this model: `message` says which key, what was found and what is allowed. */
export class CertificateError extends Error {
  readonly code = "ERR_CERTIFICATE";
  /** Where in the certificate, such as `outputs.value.shape`. */
  readonly where: string;

  constructor(where: string, problem: string) {
    super(`${where}: ${problem}`);
    this.name = "CertificateError";
    this.where = where;
  }
}
