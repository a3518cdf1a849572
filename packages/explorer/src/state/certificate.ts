/** The parity certificate, and what came of replaying it with the model. */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
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

export interface CertificateCheck {
  readonly name: string;
  readonly certificate: Certificate;
  readonly result?: CertificateResult;
  readonly problem?: string;
}

/** Undefined without a certificate or a model. */
export const certificateCheck: ReadonlySignal<CertificateCheck | undefined> = computed(() => {
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
    return { ...file, result: checkCertificate(booster, file.certificate) };
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
