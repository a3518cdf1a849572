/** The sample: a model, real rows, and the certificate of the model. They are scripts of their own, loaded when they are asked for. */
import { openCertificate } from "./certificate.ts";
import { openModel } from "./model.ts";
import { parameter, showView, type ViewName } from "./route.ts";
import { openTable } from "./table.ts";

const NAME = "tumours";

/** @param view where to go, as soon as the files are there */
export async function openSample(view?: ViewName): Promise<void> {
  const { modelBytes, tableText, certificateText } = await import("./sample-data.ts");
  openModel("tumour.ubj", modelBytes());
  openCertificate("certificate.json", new TextEncoder().encode(certificateText));
  await openTable(new File([tableText], "tumours.csv", { type: "text/csv" }));
  if (view !== undefined) {
    showView(view, { sample: NAME, label: "benign", sort: undefined, filter: undefined });
  }
}

/** Addresses say it where they are of the sample, so that they can be passed on. */
export function openSampleOfAddress(): void {
  if (parameter("sample").peek() === NAME) {
    void openSample();
  }
}
