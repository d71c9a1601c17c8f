/** A cell's step backward beside its equations forward, as a document: what follows from what somebody wrote. */
import type { Cell } from "../engine/cell";
import type { Expression } from "../engine/expression";
import type { CellOptions } from "../engine/step";
import { latexOf, symbolNamed } from "../explain/symbol";
import { latexNumber } from "../explain/write";
import type { Block, Document, Inline } from "./document";
import { expressionLatex, type Naming, plainNaming, quantityLatex } from "./equations";

const kinds = { input: "weights of the layer's input", hidden: "weights between the units", vector: "a number a unit" };
const shapes = { input: "H \\times X", hidden: "H \\times H", vector: "H" };

/**
 * @param name      the cell's, in the file
 * @param constants those of its equations
 */
export function cellDerivation(
  name: string,
  cell: Cell,
  options: CellOptions,
  constants: Readonly<Record<string, number>>,
): Document {
  const gates = cell.quantities(options).flatMap((one) => (one.gradientOfPreActivation ? [one.name] : []));
  const naming: Naming = { ...plainNaming, gates: new Set(gates) };
  const blocks: Block[] = [];
  const heading = (text: string) => blocks.push({ kind: "heading", level: 2, text: [text] });
  const say = (...text: Inline[]) => blocks.push({ kind: "paragraph", text });
  const equation = (left: string, right: string) =>
    blocks.push({ kind: "equation", equation: { left, stages: [right] } });
  const formula = (left: string, right: Expression) => equation(left, expressionLatex(right, naming));
  const symbol = (of: string) => latexOf(symbolNamed(of));
  const gradientOf = (of: string) => quantityLatex(of, "gradient", naming);

  if (cell.title !== name) say(`${cell.title}.`);
  heading("Forward");
  for (const { name: quantity, expression } of cell.forwardOperations(options))
    formula(quantityLatex(quantity, "value", naming), expression);
  const given = Object.entries(constants);
  if (given.length > 0)
    say(
      "Constants: ",
      ...given.flatMap(([of, value], k): Inline[] => [
        ...(k > 0 ? [", "] : []),
        { math: `${symbol(of)} = ${latexNumber(value, 17)}` },
      ]),
      ".",
    );
  const parameters = cell.parameters(options);
  const ofShape = (["input", "hidden", null] as const).flatMap((cols): Inline[][] => {
    const names = parameters.filter((one) => one.cols === cols).map((one) => symbol(one.name));
    return names.length === 0
      ? []
      : [[{ math: `${names.join(",\\, ")}\\ [${shapes[cols ?? "vector"]}]` }, `: ${kinds[cols ?? "vector"]}`]];
  });
  if (ofShape.length > 0) blocks.push({ kind: "list", items: ofShape });

  heading("Back through a step");
  say(
    "Each gradient is the sum of what comes from everything that reads the quantity: what is above the layer, the step after, and the quantities of its own step.",
  );
  if (gates.length > 0) say("The gradient of a gate stands for that of what its function is taken of.");
  for (const { name: quantity, expression } of cell.backwardOperations(options))
    formula(gradientOf(quantity), expression);

  heading("The parameters' gradients, a share from each step");
  for (const [of, share] of Object.entries(cell.shares(options))) {
    const text = expressionLatex(share, naming);
    const ofStep = share.kind === "sum" ? `\\left( ${text} \\right)` : text;
    equation(latexOf({ ...symbolNamed(of), gradient: "d" }), `\\sum_t ${ofStep}`);
  }

  heading("On to what the layer reads");
  formula(gradientOf("x"), cell.inputGradient(options));
  return { title: `${name}: derivation`, blocks };
}
