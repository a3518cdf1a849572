/** Model: what is in the file. */
import "./model.css";
import { bytes, count, milliseconds } from "../../app/format.ts";
import { type LoadedModel, model } from "../../state/model.ts";
import { float32Text } from "../../tables/table.ts";
import { CertificateCard } from "./certificate-card.tsx";
import { FeatureTable } from "./feature-table.tsx";
import { ImportanceCard } from "./importance-card.tsx";
import { StructureFacts } from "./structure-facts.tsx";

export default function ModelView() {
  const loaded = model.value!;
  return (
    <section class="view" aria-labelledby="model-title">
      <h2 id="model-title">{loaded.name}</h2>
      <div class="card">
        <Facts loaded={loaded} />
      </div>
      <div class="model-columns">
        <ImportanceCard key={loaded.name} loaded={loaded} />
        <div class="model-side">
          <CertificateCard />
          <StructureFacts key={loaded.loadTime} booster={loaded.booster} />
          <Attributes attributes={loaded.booster.attributes} />
        </div>
      </div>
      <FeatureTable loaded={loaded} />
    </section>
  );
}

const FORMATS: Readonly<Record<string, string>> = {
  json: "JSON",
  ubjson: "UBJSON",
  binary: "old binary format",
  snapshot: "pickle's snapshot",
  "json-dump": "dump as JSON",
  "text-dump": "dump as text",
};

function Facts({ loaded }: { readonly loaded: LoadedModel }) {
  const { booster, features, format } = loaded;
  const known = booster.version[0] > 0 && !format.endsWith("dump");
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["Objective", booster.objective],
    ["Booster", booster.booster],
    ["Rounds", roundsText(loaded)],
    ["Trees", booster.booster === "gblinear" ? undefined : count(booster.numTrees)],
    ["Features", String(features.length)],
    ["Outputs", String(loaded.outputs.length)],
    [
      "Base score",
      booster.baseScore.map(float32Text).slice(0, 4).join(", ") + (booster.baseScore.length > 4 ? ", …" : ""),
    ],
    ["Written by", known ? `XGBoost ${booster.version.join(".")}` : "not said"],
    ["File", `${FORMATS[format] ?? format}, ${bytes(loaded.bytes.length)}`],
    ["Loaded in", milliseconds(loaded.loadTime)],
    ["Engine", booster.engine],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) =>
        value === undefined ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

function roundsText({ booster }: LoadedModel): string {
  const best = booster.bestIteration;
  return best === undefined ? String(booster.numBoostedRounds) : `${booster.numBoostedRounds}, best ${best}`;
}

function Attributes({ attributes }: { readonly attributes: Readonly<Record<string, string>> }) {
  const entries = Object.entries(attributes);
  return (
    <article class="card" aria-labelledby="attributes-title">
      <h3 id="attributes-title">Attributes</h3>
      {entries.length === 0 ? (
        <p class="quiet">The file has none.</p>
      ) : (
        <dl class="attributes">
          {entries.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value.length > 400 ? `${value.slice(0, 400)} …` : value}</dd>
            </div>
          ))}
        </dl>
      )}
    </article>
  );
}
