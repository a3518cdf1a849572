/** The view Trees in Chromium, against what the model says. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Booster, type SplitView } from "xgboost-infer";
import { number } from "../src/logic/format.ts";
import { drop, fileOf, HAS_CHROMIUM, LEFT_OUT, repositoryFile, TestBrowser } from "./support/browser.ts";
import { deepModel } from "./support/deep-model.ts";
import { longestTask } from "./support/long-tasks.ts";

const booster = Booster.load(repositoryFile("examples/tumour/model.ubj").buffer);
const fact = (page: Page, name: string) =>
  page.locator(".node-list div", { has: page.getByText(name, { exact: true }) }).locator("dd");

/** Colours in the canvas: one of a blank one. */
async function colours(page: Page): Promise<number> {
  return page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>(".tree-canvas canvas")!;
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  });
}

describe.skipIf(!HAS_CHROMIUM)(`the view Trees in Chromium${LEFT_OUT}`, () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await TestBrowser.start();
  }, 60_000);
  afterAll(() => browser?.stop());

  it("tells of each node what the model says, and is walked through by keyboard", async () => {
    const { page, complaints } = await browser.open("#trees?sample=tumours&tree=2");
    const { nodes } = booster.tree(2);
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const root = nodes[0] as SplitView;
    const diagram = page.getByRole("application", { name: /^Tree 2, round 2: / });
    await diagram.focus();
    expect(await fact(page, "Feature").textContent()).toBe(booster.featureNames![root.feature]);
    expect(await fact(page, "Gain").textContent()).toBe(number(root.gain!, 5));
    expect(await fact(page, "Yes").textContent()).toBe(`< ${number(root.threshold!, 6)}`);
    await page.keyboard.press("ArrowRight");
    await page.getByRole("heading", { name: `node ${root.left}` }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.getByRole("heading", { name: `node ${root.right}` }).waitFor();
    const right = byId.get(root.right) as SplitView;
    expect(await page.locator("#tree-node").textContent()).toContain(booster.featureNames![right.feature]);
    // Closed and opened again.
    await page.keyboard.press("Enter");
    await page.getByText(/nodes? of \d+ nodes shown/).waitFor();
    await page.keyboard.press("Enter");
    for (let at = right as SplitView; ; at = byId.get(at.left) as SplitView) {
      await page.keyboard.press("ArrowRight");
      if (byId.get(at.left)!.kind === "leaf") {
        const leaf = byId.get(at.left)!;
        await page.getByRole("heading", { name: `Leaf, node ${leaf.id}` }).waitFor();
        expect(await fact(page, "Value").textContent()).toBe(
          number(leaf.kind === "leaf" ? leaf.value[0]! : 0),
        );
        break;
      }
    }
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Home");
    await page.getByRole("heading", { name: "Split, node 0" }).waitFor();
    expect(await colours(page)).toBeGreaterThan(20);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("finds a feature in this tree and in others", async () => {
    const { page, complaints } = await browser.open("#trees?sample=tumours");
    const feature = booster.featureNames!.indexOf("worst texture");
    const uses = Array.from({ length: booster.numTrees }, (_, tree) => ({
      tree,
      ids: booster
        .tree(tree)
        .nodes.filter((node) => node.kind === "split" && node.feature === feature)
        .map(({ id }) => id),
    })).filter(({ ids }) => ids.length > 0);
    await page.getByLabel("Find a feature").fill("worst texture");
    await page.getByText(`in ${uses.length} of 50 trees`).waitFor();
    await page.getByText(`${uses.reduce((sum, { ids }) => sum + ids.length, 0)} splits, gain`).waitFor();
    const next = uses.find(({ tree }) => tree > 0)!;
    await page.getByRole("button", { name: "Next tree with it" }).click();
    await page.getByRole("application", { name: new RegExp(`^Tree ${next.tree},`) }).waitFor();
    await page.getByRole("button", { name: "Next split on it" }).click();
    expect(next.ids).toContain(
      Number((await page.getByRole("heading", { name: /^Split, node/ }).textContent())!.split(" ").at(-1)),
    );
    expect(await fact(page, "Feature").textContent()).toBe("worst texture");
    await page.getByLabel("Find a feature").fill("no such feature");
    await page.getByText("no feature has this in its name").waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("shows the way of a row", async () => {
    const { page } = await browser.open("#trees?sample=tumours&row=3");
    await page.getByText("Row 3 comes through here.").waitFor();
    const leaf = (await page.evaluate(() => document.querySelector(".node-list")?.textContent)) ?? "";
    expect(leaf).toContain("The row has14.91");
    await page.context().close();
  });

  it("is moved by the mouse, zoomed by the wheel, and clicked", async () => {
    const { page, complaints } = await browser.open("#trees?sample=tumours");
    const diagram = page.getByRole("application");
    await diagram.waitFor();
    await page.waitForTimeout(200);
    const box = (await diagram.boundingBox())!;
    const picture = (): Promise<string> =>
      page.evaluate(() => document.querySelector<HTMLCanvasElement>(".tree-canvas canvas")!.toDataURL());
    const first = await picture();
    await page.mouse.move(box.x + 300, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + 200, box.y + 90, { steps: 3 });
    await page.mouse.up();
    const moved = await picture();
    expect(moved).not.toBe(first);
    await page.mouse.wheel(0, -300);
    await expect.poll(picture).not.toBe(moved);
    await page.getByRole("button", { name: "Fit" }).click();
    // Down the first column of children there is one under the pointer.
    for (let y = 10; y < box.height; y += 12) {
      await page.mouse.click(box.x + box.width * 0.3, box.y + y);
    }
    await expect.poll(() => fact(page, "Level").textContent()).toBe("1");
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("bears trees of depth 12: opened, fitted, zoomed and searched without holding up a frame for 100 ms", async () => {
    const { page, complaints } = await browser.open("#trees");
    await drop(page, [fileOf("deep.json", deepModel(3, 12))]);
    await page
      .getByRole("heading", { name: "Tree 0, round 0: 8,191 nodes, 4,096 leaves, depth 12" })
      .waitFor();
    await page.getByText(/79 nodes of 8,191 nodes shown/).waitFor();
    const diagram = page.getByRole("application");
    const longest = await longestTask(page, async () => {
      await page.getByRole("button", { name: "Open all" }).click();
      await page.getByRole("button", { name: "Fit" }).click();
      await diagram.hover();
      for (let turn = 0; turn < 25; turn++) {
        await page.mouse.wheel(0, -200);
      }
      await diagram.focus();
      for (const key of ["ArrowRight", "ArrowRight", "ArrowDown", "+", "+", "-", "0", "Home"]) {
        await page.keyboard.press(key);
      }
      await page.getByLabel("Find a feature").fill("mean texture");
      await page.getByText(/splits? here/).waitFor();
      await page.getByRole("button", { name: "Next split on it" }).click();
      await page.getByLabel("Find a feature").fill("");
      await page.getByRole("button", { name: "Close", exact: true }).click();
    });
    console.log(`longest task: ${longest.toFixed(1)} ms of computing`);
    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThan(100);
    expect(complaints).toEqual([]);
    await page.context().close();
  }, 90_000);
});
