/** Whether anybody can reach a listener who should not. */
import { isIPv4 } from "node:net";
import type { Config } from "../config/settings.ts";

export type ExposureConfig = Pick<Config, "host" | "adminHost" | "tlsCert" | "tlsClientCa" | "tokenFile">;

/** What is said of listeners beyond this machine that protect nothing; they listen all the same. */
export function exposureWarnings(config: ExposureConfig): string[] {
  const { host, adminHost, tlsCert, tlsClientCa, tokenFile } = config;
  const warnings: string[] = [];
  if (!isLoopback(host) && tlsCert === "" && tokenFile === "") {
    warnings.push(
      `--host ${host}: whoever reaches this machine can score: there is neither TLS (--tls-cert, --tls-key) nor a token (--token-file)`,
    );
  }
  if (!isLoopback(adminHost) && tlsClientCa === "" && tokenFile === "") {
    warnings.push(
      `--admin-host ${adminHost}: whoever reaches this machine can load and unload models: there is neither a token (--token-file) nor are certificates of clients asked for (--tls-client-ca)`,
    );
  }
  return warnings;
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}
