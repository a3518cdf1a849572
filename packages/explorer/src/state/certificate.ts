/** The parity certificate, and what came of replaying it with the model. */
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { Booster } from "xgboost-infer";
import {
  type Certificate,
  type CertificateResult,
  checkCertificate,
  readCertificate,
} from "xgboost-infer/certificate";
import { model } from "./model.ts";
import { messageOf } from "./problem.ts";

interface Given {
  readonly name: string;
  readonly certificate: Certificate;
}

const given = signal<Given | undefined>(undefined);

/** SHA-256 of the model's file in hexadecimal digits; undefined until it is known, and where pages cannot tell. */
const digest = signal<string | undefined>(undefined);

effect(() => {
  const loaded = model.value;
  digest.value = undefined;
  // Pages that came over plain HTTP have no `subtle`.
  if (loaded !== undefined && globalThis.crypto?.subtle !== undefined) {
    void crypto.subtle.digest("SHA-256", loaded.bytes).then((bytes) => {
      if (model.peek() === loaded) {
        digest.value = Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join(
          "",
        );
      }
    });
  }
});

export interface CertificateCheck {
  readonly name: string;
  readonly certificate: Certificate;
  readonly result?: CertificateResult;
  readonly problem?: string;
}

/** Undefined without a certificate or a model. */
export const certificateCheck: ReadonlySignal<CertificateCheck | undefined> = computed(() => {
  const sha256 = digest.value;
  const [loaded, file] = [model.value, given.value];
  if (loaded === undefined || file === undefined) {
    return undefined;
  }
  try {
    const { rules } = file.certificate;
    const booster = Booster.load(loaded.bytes, {
      rules,
      ...(loaded.dump === undefined ? {} : { dump: loaded.dump }),
    });
    return {
      ...file,
      result: checkCertificate(booster, file.certificate, sha256 === undefined ? {} : { sha256 }),
    };
  } catch (error) {
    return { ...file, problem: messageOf(error) };
  }
});

const failure = signal<string | undefined>(undefined);
export const certificateProblem: ReadonlySignal<string | undefined> = failure;

export function openCertificate(name: string, bytes: Uint8Array): void {
  failure.value = undefined;
  try {
    given.value = { name, certificate: readCertificate(bytes) };
  } catch (error) {
    failure.value = `${name}: ${messageOf(error)}`;
  }
}

export function refuseCertificate(problem: string): void {
  failure.value = problem;
}

export const hasCertificate: ReadonlySignal<boolean> = computed(() => given.value !== undefined);
