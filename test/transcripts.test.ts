/** That the test of transcripts would see a wrong one. */
import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { matches, runSteps, transcriptsOf } from "./support/transcripts.ts";

const BLOCK = `\`\`\`console
$ printf 'a\\n  b\\n'; ls /nowhere
a
  b
ls: …
$ echo $?; cat <<END
> one
> END
2
one
$ true
\`\`\``;

it("runs commands in one shell, and knows what each printed", () => {
  const [steps] = transcriptsOf(BLOCK);
  expect(steps!.map((step) => step.command)).toEqual([
    "printf 'a\\n  b\\n'; ls /nowhere",
    "echo $?; cat <<END\none\nEND",
    "true",
  ]);
  const printed = runSteps(steps!, tmpdir(), "/usr/bin");
  expect(printed.slice(1)).toEqual([["2", "one"], []]);
  expect(steps!.map(({ output }, i) => matches(output, printed[i]!))).toEqual([true, true, true]);
});

it.each([
  [["a"], ["a"], true],
  [["a"], ["b"], false],
  [["a"], ["a", "b"], false],
  [["a", "b"], ["a"], false],
  [["a … c."], ["a b c."], true],
  [["a … c."], ["a b cd"], false],
  [["…"], [], true],
  [["a", "…", "z"], ["a", "b", "c", "z"], true],
  [["a", "…", "z"], ["a", "b", "z", "c"], false],
  [[], ["a"], false],
  [[], [], true],
])("%j shows %j: %j", (shown, lines, expected) => {
  expect(matches(shown, lines)).toBe(expected);
});
