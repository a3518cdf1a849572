/** Rows of tables as models see them. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Booster } from "xgboost-infer";
import { bind } from "../src/state/binding.ts";
import { loadModel } from "../src/state/model.ts";
import { readFile } from "../src/tables/read-file.ts";
import { Table, Texts } from "../src/tables/table.ts";

const FIXTURES = new URL("../../../fixtures/", import.meta.url);

async function tableOf(name: string, bytes: Uint8Array<ArrayBuffer> | string): Promise<Table> {
  const posted = await readFile(new File([bytes], name), () => undefined);
  const columns = posted.columns.map((each) =>
    each.kind === "text" ? { ...each, texts: new Texts(each.texts) } : each,
  );
  return new Table({ ...posted, name, bytes: bytes.length, readTime: 0, columns });
}

function bytesOf(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(path, FIXTURES)));
}

function floats(base64: string): Uint32Array {
  return new Uint32Array(new Uint8Array(Buffer.from(base64, "base64")).buffer);
}

const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer);

describe("tables that pyarrow wrote", () => {
  const expected = JSON.parse(readFileSync(new URL("tables/expected.json", FIXTURES), "utf8"));
  const loaded = loadModel("model.json", bytesOf("tables/model.json"));
  const files = readdirSync(new URL("tables/", FIXTURES)).filter((name) =>
    /^rows.*\.(parquet|arrows?)$/.test(name),
  );

  it.each(files)("%s: every value and every prediction has XGBoost's bits", async (name) => {
    const { binding } = bind(loaded, await tableOf(name, bytesOf(`tables/${name}`)));
    const { rows, width } = binding!;
    const data = new Float32Array(rows * width);
    binding!.fill(0, rows, data);
    expect(bitsOf(data)).toEqual(floats(expected.values));
    expect(bitsOf(loaded.booster.predict({ data, rows, cols: width }).data)).toEqual(
      floats(expected.predictions),
    );
    expect(binding!.refused.size).toBe(0);
    expect(binding!.others.map(({ name }) => name)).toContain("id");
  });

  it("there are files", () => expect(files.length).toBe(8));
});

describe("columns and features", () => {
  const tumour = loadModel(
    "model.ubj",
    new Uint8Array(readFileSync(new URL("../examples/tumour/model.ubj", FIXTURES))),
  );
  const named = (fields: Record<string, string>): Promise<Table> =>
    tableOf("a.csv", `${Object.keys(fields).join(",")}\n${Object.values(fields).join(",")}\n`);

  it("features without a column are missing, and are named", async () => {
    const { binding } = bind(tumour, await named({ "mean radius": "17.99" }));
    expect(binding!.absent.length).toBe(29);
    expect(Array.from(binding!.row(0).slice(0, 2))).toEqual([Math.fround(17.99), Number.NaN]);
  });

  it("a table of something else is refused in words", async () => {
    const { problem } = bind(tumour, await named({ a: "1", b: "2" }));
    expect(problem).toBe(
      "None of the model's features is a column of a.csv. The model wants mean radius, mean texture, mean perimeter, " +
        "mean area, mean smoothness, … (30); the table has a, b.",
    );
  });

  it("without names, columns count by position", async () => {
    const { binding } = bind(
      tumour,
      await tableOf("a.csv", `${Array.from({ length: 31 }, (_, i) => i).join(",")}\n`),
    );
    expect(binding!.by).toBe("position");
    expect(Array.from(binding!.row(0))).toEqual(Array.from({ length: 30 }, (_, i) => i));
    const { problem } = bind(tumour, await tableOf("a.csv", "1,2\n"));
    expect(problem).toBe("The table has 2 columns, the model wants 30 features, by position.");
  });

  it("text that is no number refuses its row", async () => {
    const { binding } = bind(tumour, await tableOf("a.csv", "mean radius,mean texture\n1,2\nx,3\n,4\n"));
    expect([...binding!.refused]).toEqual([[1, 'column "mean radius": found "x", expected a number']]);
  });

  it("whole numbers of 64 bits are rounded once", async () => {
    const text = String(2n ** 62n + 2n ** 38n + 1n);
    const { binding } = bind(tumour, await tableOf("a.csv", `mean radius\n${text}\n-${text}\n`));
    expect(Array.from(binding!.values(0)!)).toEqual([2 ** 62 + 2 ** 39, -(2 ** 62 + 2 ** 39)]);
  });
});

it("a model is loaded with what the page shows of it", () => {
  const bytes = new Uint8Array(readFileSync(new URL("3.4.1/breast-cancer/model.json", FIXTURES)));
  const loaded = loadModel("model.json", bytes);
  expect(loaded).toMatchObject({
    format: "json",
    outputs: ["score"],
    isProbability: true,
    isMultiClass: false,
  });
  expect(loaded.features.map(({ name }) => name)).toEqual(Booster.load(bytes).featureNames);
});
