/** The sample: a model, real rows, and the certificate of the model. They are scripts of their own, loaded when they are asked for. */
import { openCertificate } from "./certificate.ts";
import { openModel } from "./model.ts";
import { openTable } from "./table.ts";

export async function openSample(): Promise<void> {
  const { modelBytes, tableText, certificateText } = await import("./sample-data.ts");
  openModel("tumour.ubj", modelBytes());
  openCertificate("certificate.json", new TextEncoder().encode(certificateText));
  await openTable(new File([tableText], "tumours.csv", { type: "text/csv" }));
}
