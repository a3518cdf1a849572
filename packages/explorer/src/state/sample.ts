/** The sample: a model, real rows, and the certificate of the model. They are scripts of their own, loaded when they are asked for. */
import { openCertificate } from "./certificate.ts";
import { openModel } from "./model.ts";
import { parameter, showView, type ViewName } from "./route.ts";
import { openTable } from "./table.ts";

const NAME = "tumours";

/** @param view where to go, as soon as the files are there */
export async function openSample(view?: ViewName): Promise<void> {
  const { modelBytes, tableText, certificateText } = await import("./sample-data.ts");
  // Its worker starts and reads while the model is loaded here.
  const read = openTable(new File([tableText], "tumours.csv", { type: "text/csv" }));
  openModel("tumour.ubj", modelBytes());
  await read;
  if (view !== undefined) {
    showView(view, { sample: NAME, label: "benign", sort: undefined, filter: undefined });
  }
  // Last, as it is replayed where it is shown, and scores come first.
  openCertificate("certificate.json", new TextEncoder().encode(certificateText));
}

/** Addresses say it where they are of the sample, so that they can be passed on. */
export function openSampleOfAddress(): void {
  if (parameter("sample").peek() === NAME) {
    void openSample();
  }
}
