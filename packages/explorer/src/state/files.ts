/** What becomes of files that are dropped or picked: each goes where it belongs, by its first bytes. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { HEAD_BYTES, sniff } from "../tables/sniff.ts";
import { openCertificate, refuseCertificate } from "./certificate.ts";
import { openModel, refuseModel } from "./model.ts";
import { messageOf } from "./problem.ts";
import { setParameters } from "./route.ts";
import { openTable, refuseTable } from "./table.ts";

export type Place = "model" | "table" | "certificate";

const failure = signal<string | undefined>(undefined);
/** Why a dropped file has no place at all, in words. */
export const dropProblem: ReadonlySignal<string | undefined> = failure;

const REFUSE = { model: refuseModel, table: refuseTable, certificate: refuseCertificate };

/** @param wanted what the files were picked for; dropped files say it themselves */
export async function openFiles(files: Iterable<File>, wanted?: Place): Promise<void> {
  failure.value = undefined;
  // A row, a threshold and a sample are those of what was there before.
  setParameters({ sample: undefined, row: undefined, threshold: undefined });
  for (const file of files) {
    await openFile(file, wanted);
  }
}

async function openFile(file: File, wanted: Place | undefined): Promise<void> {
  const refuse = (problem: string): void => {
    const text = `${file.name}: ${problem}`;
    if (wanted === undefined) {
      failure.value = text;
    } else {
      REFUSE[wanted](text);
    }
  };
  try {
    const kind = sniff(file.name, new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()));
    if (kind.is === "other") {
      refuse(kind.problem);
    } else if (wanted !== undefined && kind.is !== wanted && !(wanted === "model" && kind.is === "table")) {
      refuse(`the file is a ${kind.is}, and no ${wanted}`);
    } else if ((wanted ?? kind.is) === "table") {
      await openTable(file);
    } else {
      const bytes = new Uint8Array(await file.arrayBuffer());
      (kind.is === "certificate" ? openCertificate : openModel)(file.name, bytes);
    }
  } catch (error) {
    refuse(messageOf(error));
  }
}
