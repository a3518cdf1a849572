/** The first thing that is seen: what the page is for, and where its files come from. */
import { useState } from "preact/hooks";
import { binding, bindingProblem } from "../state/binding.ts";
import { certificateCheck, certificateProblem, hasCertificate } from "../state/certificate.ts";
import { dropProblem } from "../state/files.ts";
import { model, modelProblem, waitingDump } from "../state/model.ts";
import { addressOfView, showView } from "../state/route.ts";
import { openSample } from "../state/sample.ts";
import { cancelReading, reading, table, tableProblem } from "../state/table.ts";
import { DumpForm } from "./dump-form.tsx";
import { FilePicker } from "./file-picker.tsx";
import { bytes, count, counted, milliseconds, percent } from "./format.ts";
import { preload } from "./lazy-view.tsx";
import { Problem } from "./problem.tsx";

export function Start() {
  return (
    <section class="start" aria-labelledby="start-title">
      <div class="hero">
        <h2 id="start-title">See what an XGBoost model does</h2>
        <p>
          Drop a model and a table anywhere on this page: every score, with Python’s bits, the reasons for it,
          and every tree. Both files stay in this tab. The page has no way to send them anywhere.
        </p>
        <SampleButton />
      </div>
      {dropProblem.value === undefined ? null : <Problem>{dropProblem.value}</Problem>}
      <div class="cards three">
        <ModelCard />
        <TableCard />
        <CertificateCard />
      </div>
      <NextSteps />
    </section>
  );
}

export function SampleButton({ label = "Open the sample" }: { readonly label?: string }) {
  const [busy, setBusy] = useState(false);
  const open = async (): Promise<void> => {
    setBusy(true);
    preload("scores");
    await openSample("scores");
    setBusy(false);
  };
  return (
    <div class="sample">
      <button type="button" class="button primary" disabled={busy} onClick={() => void open()}>
        {busy ? "Opening …" : label}
      </button>
      <p class="quiet">569 real tumours of the Wisconsin data set, and a model of which of them are benign</p>
    </div>
  );
}

function ModelCard() {
  const loaded = model.value;
  return (
    <article class="card file-card" aria-labelledby="card-model">
      <h3 id="card-model">Model</h3>
      {loaded === undefined ? (
        <p class="quiet">
          JSON, UBJSON, the old binary format, or a dump as JSON or text: whatever XGBoost 0.6 to 3.4 wrote
        </p>
      ) : (
        <p>
          <strong class="file-name">{loaded.name}</strong>
          <br />
          {loaded.booster.objective}, {counted(loaded.booster.numTrees, "tree")},{" "}
          {counted(loaded.features.length, "feature")}; {bytes(loaded.bytes.length)} loaded in{" "}
          {milliseconds(loaded.loadTime)}
        </p>
      )}
      {waitingDump.value === undefined ? null : <DumpForm dump={waitingDump.value} />}
      {modelProblem.value === undefined ? null : <Problem>{modelProblem.value}</Problem>}
      <FilePicker place="model" label={loaded === undefined ? "Pick a model" : "Pick another model"} />
    </article>
  );
}

function TableCard() {
  const loaded = table.value;
  return (
    <article class="card file-card" aria-labelledby="card-table">
      <h3 id="card-table">Table</h3>
      {loaded === undefined ? (
        <p class="quiet">
          CSV (also packed by gzip), Parquet, Arrow, or NDJSON; columns are found by the model’s feature names
        </p>
      ) : (
        <p>
          <strong class="file-name">{loaded.name}</strong>
          <br />
          {loaded.format}, {counted(loaded.rows, "row")} × {counted(loaded.columns.length, "column")};{" "}
          {bytes(loaded.bytes)} read in {milliseconds(loaded.readTime)}
        </p>
      )}
      <ReadingProgress />
      {tableProblem.value === undefined ? null : <Problem>{tableProblem.value}</Problem>}
      {bindingProblem.value === undefined ? null : <Problem>{bindingProblem.value}</Problem>}
      <FilePicker place="table" label={loaded === undefined ? "Pick a table" : "Pick another table"} />
    </article>
  );
}

export function ReadingProgress() {
  const now = reading.value;
  if (now === undefined) {
    return null;
  }
  const share = now.total === 0 ? 0 : now.done / now.total;
  return (
    <div class="progress-line">
      <label>
        Reading {now.name}: {percent(share, 0)}, {count(now.rows)} rows
        <progress max={1} value={share} />
      </label>
      <button type="button" class="button small" onClick={cancelReading}>
        Stop reading
      </button>
    </div>
  );
}

function CertificateCard() {
  const check = certificateCheck.value;
  return (
    <article class="card file-card" aria-labelledby="card-certificate">
      <h3 id="card-certificate">Parity certificate</h3>
      {check?.result !== undefined ? (
        <p>
          <strong class="file-name">{check.name}</strong>
          <br />
          {check.result.equal === check.result.total ? "All " : `${count(check.result.equal)} of `}
          {count(check.result.total)} values of XGBoost {check.certificate.xgboost} equal to the bit
        </p>
      ) : (
        <p class="quiet">
          {hasCertificate.value
            ? "The certificate is checked once there is a model."
            : "Not needed. XGBoost’s own answers, made by tools/certify.py where the model was trained; they are compared bit by bit."}
        </p>
      )}
      {check?.problem === undefined ? null : <Problem>{check.problem}</Problem>}
      {certificateProblem.value === undefined ? null : <Problem>{certificateProblem.value}</Problem>}
      <FilePicker place="certificate" label="Pick a certificate" />
    </article>
  );
}

function NextSteps() {
  if (model.value === undefined) {
    return null;
  }
  const next = binding.value === undefined ? "model" : "scores";
  return (
    <p class="next">
      <a
        class="button primary"
        href={addressOfView(next)}
        onClick={(event) => {
          event.preventDefault();
          showView(next);
        }}
      >
        {next === "model" ? "Look into the model" : "See the scores"}
      </a>
    </p>
  );
}
