/** Files that are put into a script, so that the page needs no right to fetch. */
import certificateText from "../../../../examples/tumour/certificate.json?raw";
import modelAddress from "../../../../examples/tumour/model.ubj?inline";
import tableText from "../../sample/tumours.csv?raw";

export { certificateText, tableText };

export function modelBytes(): Uint8Array<ArrayBuffer> {
  const text = atob(modelAddress.slice(modelAddress.indexOf(",") + 1));
  return Uint8Array.from(text, (each) => each.charCodeAt(0));
}
