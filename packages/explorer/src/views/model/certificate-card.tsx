/** What came of replaying the parity certificate. */
import type { CertificateResult } from "xgboost-infer/certificate";
import { FilePicker } from "../../app/file-picker.tsx";
import { count } from "../../app/format.ts";
import { Problem } from "../../app/problem.tsx";
import { type CertificateCheck, certificateCheck, certificateProblem } from "../../state/certificate.ts";
import { float32Text } from "../../tables/table.ts";

export function CertificateCard() {
  const check = certificateCheck.value;
  return (
    <article class="card" aria-labelledby="certificate-title">
      <h3 id="certificate-title">Parity certificate</h3>
      {check === undefined ? (
        <p class="quiet">
          None was given. It holds XGBoost’s own answers to adversarial rows of this model, which are compared
          bit by bit.
        </p>
      ) : check.problem === undefined && check.result !== undefined ? (
        <Result check={check} result={check.result} />
      ) : (
        <Problem>{check.problem}</Problem>
      )}
      {certificateProblem.value === undefined ? null : <Problem>{certificateProblem.value}</Problem>}
      <FilePicker
        place="certificate"
        label={check === undefined ? "Pick a certificate" : "Pick another one"}
      />
    </article>
  );
}

const FILES = {
  same: "It was made for this very file.",
  different: "It was made for another file than this.",
  unknown: "Whether it was made for this very file is not known.",
};

function Result({ check, result }: { readonly check: CertificateCheck; readonly result: CertificateResult }) {
  const all = result.equal === result.total;
  const differences = result.outputs.flatMap((output) => output.firstDifferences).slice(0, 5);
  return (
    <>
      <p class={all ? "verdict good" : "verdict bad"} role="status">
        <span aria-hidden="true">{all ? "✓" : "≠"}</span> {count(result.equal)} of {count(result.total)}{" "}
        values equal to the bit
      </p>
      <p class="quiet">
        Answers of XGBoost {check.certificate.xgboost} to {count(check.certificate.rows)} rows
        {check.certificate.created === undefined ? "" : `, ${check.certificate.created.slice(0, 10)}`}.{" "}
        {FILES[result.model]}
      </p>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">output</th>
            <th scope="col">values</th>
            <th scope="col">equal</th>
          </tr>
        </thead>
        <tbody>
          {result.outputs.map(({ output, total, equal }) => (
            <tr key={output}>
              <th scope="row">{output}</th>
              <td>{count(total)}</td>
              <td>{equal === total ? "all" : count(equal)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {differences.length === 0 ? null : (
        <ul>
          {differences.map(({ output, row, expected, found, kind }) => (
            <li key={`${output}${row}`}>
              {output}, row {row}
              {kind === undefined ? "" : ` (${kind})`}: {float32Text(found)} here, {float32Text(expected)}{" "}
              there
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
