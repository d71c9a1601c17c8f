/** The cell's own wiring with what flows on it at the current step: only what is known by now. */

import { cellOf } from "../../engine/cells";
import type { Expression } from "../../engine/expression";
import { evaluate, gradient, sum, symbolsIn, transposed } from "../../engine/expression";
import { expressionText, gradientText } from "../../engine/expressionText";
import { norm } from "../../engine/functions";
import type { Layer } from "../../engine/model";
import { hasReadout } from "../../engine/network";
import type { CellPicture, PictureNode, Walk } from "../../engine/picture";
import { isEnd, walk } from "../../engine/picture";
import type { StepView } from "../../engine/run";
import type {
  Flow,
  PassDetail,
  PictureDetail,
  PictureExit,
  PictureNodeDetail,
  PictureNumber,
  PictureState,
} from "../../protocol/panel";
import { equationAt, preActivationsOf } from "../../stepper/program";
import type { Stepper } from "../../stepper/stepper";
import { currentOperation } from "./operations";
import type { LaidOutPicture } from "./pictureLayout";
import { pictureWithPlaces } from "./pictureLayout";
import { surroundingsOf } from "./surroundings";
import { gradientBase } from "./tracks";
import { inputText, quantityInSentence, quantityTitles } from "./words";

/** One pass of one layer at one step, and the time around it. */
interface Here {
  readonly stepper: Stepper;
  readonly step: StepView;
  readonly l: number;
  readonly p: number;
  readonly layer: Layer;
  readonly picture: LaidOutPicture;
  readonly flows: PassDetail["flows"];
  readonly isBack: boolean;
  /** The steps before and after t in the pass's own direction; they need not exist. */
  readonly before: number;
  readonly after: number;
  readonly prefix: string;
  readonly active: Active;
}

/** What the current operation computes in this picture. */
interface Active {
  /** The quantity's node, the operators that it takes, and the lines that it reads. */
  readonly nodes: ReadonlySet<string>;
  readonly edges: Walk["edges"];
}

export function pictureOf(
  stepper: Stepper,
  step: StepView,
  l: number,
  p: number,
  flows: PassDetail["flows"],
): PictureDetail {
  const layer = stepper.run.model.layers[l]!;
  const { direction, prefix } = layer.passes[p]!;
  const sign = direction === "forward" ? 1 : -1;
  const picture = pictureWithPlaces(layer);
  const here: Here = {
    stepper,
    step,
    l,
    p,
    layer,
    picture,
    flows,
    isBack: stepper.phase === "backward",
    before: step.t - sign,
    after: step.t + sign,
    prefix,
    active: activeParts(stepper, picture, l, p),
  };
  // Time runs to the right: a pass that runs backward is drawn in a mirror
  const columns = picture.nodes.map(({ column }) => column);
  const place = (column: number) => (sign === 1 ? column : Math.max(...columns) - column);
  const known = knownNodes(here);
  return {
    carries: here.isBack ? "gradients" : "values",
    nodes: picture.nodes.map((node) => {
      const detail = nodeDetail(here, node, known.has(node.id));
      return { ...detail, column: place(detail.column) };
    }),
    edges: picture.edges.map((line) => ({
      from: line.from,
      to: line.to,
      via: line.via.map(([column, row]) => [place(column), row] as const),
      state: stateOf(here.active.edges.has(line), known.has(line.to)),
    })),
    exits: exitsOf(here).map((exit) => ({
      ...exit,
      via: exit.via.map(([column, row]) => [place(column), row] as const),
    })),
  };
}

const stateOf = (isActive: boolean, isKnown: boolean): PictureState =>
  isActive ? "active" : isKnown ? "known" : "ahead";

/** An operation reads against the arrows going forward, and along them going back. */
function activeParts(stepper: Stepper, picture: CellPicture, l: number, p: number): Active {
  const product = currentOperation(stepper)?.product;
  if (product?.kind === "input" && l === 0) return { nodes: new Set(["x"]), edges: new Set() };
  if ((product?.kind !== "value" && product?.kind !== "gradient") || product.layer !== l || product.pass !== p)
    return { nodes: new Set(), edges: new Set() };
  const { edges, passed } = walk(picture, product.name, product.kind === "value" ? "against" : "along");
  return { nodes: new Set([product.name, ...passed]), edges };
}

/** The nodes that something has flowed through: an operator once a quantity behind it is known. */
function knownNodes(here: Here): ReadonlySet<string> {
  const { picture } = here;
  const ends = new Set(picture.nodes.flatMap((node) => (isEnd(node) && isEndKnown(here, node) ? [node.id] : [])));
  const passed = picture.nodes.flatMap((node) => {
    if (isEnd(node)) return [];
    return [...walk(picture, node.id, "along").ends].some((id) => ends.has(id)) ? [node.id] : [];
  });
  return new Set([...ends, ...passed]);
}

function isEndKnown({ stepper, step, flows, isBack, prefix }: Here, { shows }: PictureNode): boolean {
  const way = isBack ? "backward" : "forward";
  if (shows.kind === "input") return flows.input[way] !== null;
  if (shows.kind !== "quantity") return false;
  // All states go on together
  if (shows.time === "before") return flows.previous[way] !== null;
  return stepper.isKnown(`${isBack ? "gradients." : ""}${prefix}.${shows.name}`, step.t);
}

function nodeDetail(here: Here, node: PictureNode, isKnown: boolean): PictureNodeDetail {
  const { id, kind, column, row, sign } = node;
  return {
    id,
    kind,
    column,
    row,
    sign,
    text: null,
    number: null,
    isPart: false,
    ...contentOf(here, node, isKnown),
    state: stateOf(here.active.nodes.has(id), isKnown),
  };
}

type Content = Pick<PictureNodeDetail, "symbol" | "title" | "equation"> &
  Partial<Pick<PictureNodeDetail, "number" | "text" | "isPart">>;

function contentOf(here: Here, { shows, sign }: PictureNode, isKnown: boolean): Content {
  const { stepper, step, l, p, isBack } = here;
  switch (shows.kind) {
    case "joint":
      return { symbol: null, title: "read together by the gates", equation: at(here, "[h_{t−1}, x_t]") };
    case "part": {
      const value = () => evaluate(shows.expression, surroundingsOf(stepper.run, l, p, step.t));
      return {
        symbol: null,
        title: "",
        equation: at(here, expressionText(shows.expression)),
        number: isKnown && !isBack ? numberOf(value(), sign, null) : null,
      };
    }
    case "input":
      return inputContent(here, isKnown);
    case "quantity":
      return shows.time === "before"
        ? previousContent(here, shows.name, isKnown)
        : quantityContent(here, shows.name, sign, isKnown);
  }
}

/** An equation with the numbers of a step in it. */
const at = ({ layer, p, step, stepper }: Here, equation: string, t = step.t): string =>
  equationAt(equation, t, layer.passes[p]!.direction, stepper.run.length);

/** The picture's title names the pass. */
const withoutPass = (base: string) => base.replace(/[→←]$/, "");

function quantityContent(here: Here, name: string, sign: string, isKnown: boolean): Content {
  const { step, l, p, layer, isBack, stepper, prefix } = here;
  const { model } = stepper.run;
  const cell = cellOf(layer);
  const operations = isBack ? cell.backwardOperations(layer.options) : cell.forwardOperations(layer.options);
  const { expression } = operations.find((operation) => operation.name === name)!;
  const title = quantityTitles(layer).get(name) ?? name;
  const { values, gradients } = step.passes[l]![p]!;
  const sub = String(step.t);
  if (!isBack)
    return {
      symbol: { base: name, sub, gradient: false },
      title,
      equation: at(here, `${name}_t = ${expressionText(expression)}`),
      number: isKnown ? numberOf(values[name]!, sign, `${prefix}.${name}@${sub}[0]`) : null,
    };
  const preActivations = preActivationsOf(layer);
  return {
    symbol: { base: withoutPass(gradientBase(model, l, p, name)), sub, gradient: true },
    title: `gradient of ${quantityInSentence(layer, name)}`,
    equation: at(
      here,
      `${gradientText(name, "now", preActivations)} = ${expressionText(expression, { preActivations })}`,
    ),
    number: isKnown ? numberOf(gradients[name]!, "", `gradients.${prefix}.${name}@${sub}[0]`) : null,
  };
}

/** The state that comes in; going back, what flows on to it from here: all of its gradient only where nothing else reads it. */
function previousContent(here: Here, name: string, isKnown: boolean): Content {
  const { stepper, l, p, layer, isBack, before, prefix } = here;
  const { run } = stepper;
  const exists = before >= 1 && before <= run.length;
  const title = quantityTitles(layer).get(name) ?? name;
  const symbol = { base: name, sub: String(before), gradient: isBack };
  if (!isBack) {
    const state = () => (exists ? run.at(before).passes[l]![p]!.values[name]! : run.start[l]![p]![name]!);
    return {
      symbol,
      title: `${title} ${exists ? "of the step before" : "at the start"}`,
      equation: at(here, `${name}_{t−1}`),
      number: isKnown
        ? numberOf(state(), "", exists ? `${prefix}.${name}@${before}[0]` : `initial.${prefix}.${name}[0]`)
        : null,
    };
  }
  const preActivations = preActivationsOf(layer);
  const text = expressionText(fromNext(layer, name), { preActivations });
  const inSentence = quantityInSentence(layer, name);
  return {
    symbol,
    isPart: exists,
    title: exists
      ? `what flows back to ${inSentence} of t = ${before} from here`
      : `gradient of ${inSentence} at the start`,
    equation: at(here, `${gradientText(name, "now", preActivations)} ${exists ? "+=" : "="} ${text}`, before),
    number: !isKnown
      ? null
      : exists
        ? numberOf(comesBack(here, name, before), "", nextReference(here, name, before))
        : numberOf(run.startGradients[l]![p]![name]!, "", `gradients.initial.${prefix}.${name}[0]`),
  };
}

/** The part of a state's gradient that comes back from the step after. */
function fromNext(layer: Layer, state: string): Expression {
  const { expression } = cellOf(layer)
    .backwardOperations(layer.options)
    .find(({ name }) => name === state)!;
  const reads = (part: Expression) =>
    symbolsIn(part).some((symbol) => symbol.kind === "gradient" && symbol.time === "after");
  return sum(...(expression.kind === "sum" ? expression.terms : [expression]).filter(reads));
}

/** What flows back to a state of step t from the step after, [H]. */
function comesBack({ stepper: { run }, layer, l, p }: Here, state: string, t: number): Float64Array {
  return evaluate(fromNext(layer, state), surroundingsOf(run, l, p, t));
}

/** The part of dL/dh_t from the step after is explained by itself; that of another state as a part of its gradient alone. */
const nextReference = ({ prefix }: Here, state: string, t: number): string | null =>
  state === "h" ? `next.${prefix}.h@${t}[0]` : null;

/** What the layer reads, where it is one number: x_t, or h_t of the one pass below. */
function inputReference({ stepper, step, l, isBack }: Here): string | null {
  if (l === 0) return `${isBack ? "gradients." : ""}x@${step.t}[0]`;
  const below = stepper.run.model.layers[l - 1]!.passes;
  return below.length > 1 ? null : `${isBack ? "above." : ""}${below[0]!.prefix}.h@${step.t}[0]`;
}

function inputContent(here: Here, isKnown: boolean): Content {
  const { stepper, step, l, layer, flows, isBack } = here;
  const { model, sequence } = stepper.run;
  const symbol = { base: "x", sub: String(step.t), gradient: isBack };
  const title = l === 0 ? "input" : `h of layer ${l}`;
  const number = isKnown
    ? numberOfFlow(isBack ? flows.input.backward : flows.input.forward, flows.input, inputReference(here))
    : null;
  if (isBack) {
    const terms = cellOf(layer)
      .forwardOperations(layer.options)
      .flatMap(({ name, expression }) => inputMatrices(expression).map((matrix) => transposed(matrix, gradient(name))));
    const text = expressionText(sum(...terms), { preActivations: preActivationsOf(layer) });
    return {
      symbol,
      title: `gradient of ${l === 0 ? "the input" : title}`,
      equation: at(here, `∂L/∂x_t = ${text}`),
      number,
    };
  }
  if (l > 0 || step.token < 0) return { symbol, title, equation: "", number };
  return { symbol, title, equation: "", text: isKnown ? inputText(model, sequence, step.t, 4) : null };
}

/** The matrices by which an equation multiplies x_t. */
function inputMatrices(expression: Expression): string[] {
  if (expression.kind === "product" && expression.of.kind === "input") return [expression.matrix];
  if (expression.kind === "sum") return expression.terms.flatMap(inputMatrices);
  return expression.kind === "apply" ? inputMatrices(expression.of) : [];
}

function exitsOf(here: Here): PictureExit[] {
  const { stepper, step, layer, l, flows, isBack, after } = here;
  const { model, sequence, length } = stepper.run;
  const isTop = l === model.layers.length - 1;
  const exits: PictureExit[] = [];
  if (!isTop || hasReadout(model, sequence, step.t - 1))
    exits.push({
      node: "h",
      side: "above",
      via: [],
      label: isTop ? "read-out" : `layer ${l + 2}`,
      number: isBack ? numberOfFlow(flows.above.backward, flows.above, `above.${here.prefix}.h@${step.t}[0]`) : null,
      state: exitState(flows.above, isBack),
    });
  if (after < 1 || after > length) return exits;
  for (const state of cellOf(layer).states) {
    const isKnown = isBack ? flows.next.backward !== null : isStateKnown(here, state);
    const isActive = state === "h" ? flows.next.active !== null : here.active.nodes.has(state);
    exits.push({
      node: state,
      side: "next",
      via: here.picture.onward[state] ?? [],
      label: `t = ${after}`,
      number:
        isBack && isKnown ? numberOf(comesBack(here, state, step.t), "", nextReference(here, state, step.t)) : null,
      state: stateOf(isActive, isKnown),
    });
  }
  return exits;
}

const isStateKnown = ({ stepper, step, prefix }: Here, state: string) => stepper.isKnown(`${prefix}.${state}`, step.t);

function exitState({ active, forward, backward }: Flow, isBack: boolean): PictureState {
  if (active !== null) return "active";
  return (isBack ? backward : forward) === null ? "ahead" : "known";
}

function numberOfFlow(value: number | null, { isNorm }: Flow, reference: string | null): PictureNumber | null {
  if (value === null) return null;
  return isNorm ? { value, measure: "norm", reference: null } : { value, measure: "itself", reference };
}

/** Of many units: how far a gate stands open on the average, and how long any other vector is. Of one unit its number, by its reference. */
function numberOf(vector: Float64Array, sign: string, reference: string | null): PictureNumber {
  if (vector.length === 1) return { value: vector[0]!, measure: "itself", reference };
  if (sign !== "σ") return { value: norm(vector), measure: "norm", reference: null };
  const value = vector.reduce((total, entry) => total + entry, 0) / vector.length;
  return { value, measure: "mean", reference: null };
}
