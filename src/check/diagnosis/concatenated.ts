/**
 * The matrices of x and of h as one, [Wx Wh], beside both vectors as one, [x; h]: who puts the vectors together in the other order multiplies
 * each with columns of the other's matrix. Where both are square, the two matrices are then exchanged.
 */
import { cellOf } from "../../engine/cells";
import type { Model } from "../../engine/model";
import type { NamedTensors, Tensor } from "../../engine/tensor";
import { zerosLike } from "../../engine/tensor";
import { one, type Slip } from "./slip";

/** `everywhere`: the vectors; `back`: what comes back to both of them; `gradient`: the vectors in the matrices' gradients. */
export interface Concatenated {
  /** The matrix whose columns stand first. */
  readonly first: "Wx" | "Wh";
  readonly where: "everywhere" | "back" | "gradient";
}

/** The matrices whose columns the two vectors meet in the other order. @param parameters of a pass, by their short names */
export function columnsMet(parameters: NamedTensors, { first }: Concatenated): NamedTensors {
  return inPairs(parameters, ([x, h]) => {
    const [one, other] = first === "Wx" ? [x, h] : [h, x];
    const whole = beside(one, other);
    const met = [columns(whole, 0, other), columns(whole, other.cols, one)] as const;
    return first === "Wx" ? [met[1], met[0]] : met;
  });
}

/** The gradients of the matrices from those of the columns that the vectors have met. */
export function columnsOwned(shares: NamedTensors, { first }: Concatenated): NamedTensors {
  return inPairs(shares, ([x, h]) => {
    const [one, other] = first === "Wx" ? [x, h] : [h, x];
    const whole = beside(other, one);
    const owned = [columns(whole, 0, one), columns(whole, one.cols, other)] as const;
    return first === "Wx" ? owned : [owned[1], owned[0]];
  });
}

type Pair = readonly [x: Tensor, h: Tensor];

/** Wxi and Whi, and so on; one whose other is not there stays as it is. */
function inPairs(tensors: NamedTensors, change: (pair: Pair) => Pair): NamedTensors {
  const changed: Record<string, Tensor> = { ...tensors };
  for (const [name, x] of Object.entries(tensors)) {
    const other = partnerOf(name);
    const h = other === null ? undefined : tensors[other];
    if (other !== null && h && h.rows === x.rows) [changed[name], changed[other]] = change([x, h]);
  }
  return changed;
}

/** The name of h's matrix beside that of x's. */
const partnerOf = (name: string): string | null => (/^Wx./.test(name) ? name.replace("Wx", "Wh") : null);

function beside(left: Tensor, right: Tensor): Tensor {
  const { rows } = left;
  const cols = left.cols + right.cols;
  const data = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    data.set(left.data.subarray(i * left.cols, (i + 1) * left.cols), i * cols);
    data.set(right.data.subarray(i * right.cols, (i + 1) * right.cols), i * cols + left.cols);
  }
  return { ...left, cols, data };
}

/** So many columns as a matrix has, from one on. */
function columns(whole: Tensor, from: number, like: Tensor): Tensor {
  const part = zerosLike(like);
  for (let i = 0; i < whole.rows; i++)
    part.data.set(whole.data.subarray(i * whole.cols + from, i * whole.cols + from + like.cols), i * like.cols);
  return part;
}

export function concatenatedSlips({ layers, loss }: Model): Omit<Slip, "rare">[] {
  const pairs = layers.flatMap((layer) => {
    const { passes, size, inputSize, options } = layer;
    const isApart = "reset" in cellOf(layer).options && options["reset"] === "after";
    return Object.keys(passes[0]?.parameters ?? {}).flatMap((name) => {
      const other = partnerOf(name);
      return other !== null && passes[0]?.parameters[other]
        ? [{ name, other, isSquare: size === inputSize, isApart }]
        : [];
    });
  });
  const [pair] = pairs;
  if (!pair) return [];
  const [x, h] = pairs.length > 1 ? ["Wx", "Wh"] : [pair.name, pair.other];
  const isSquare = pairs.every((one) => one.isSquare);
  // Where a gate multiplies the one product alone, nobody has both in one.
  if (!isSquare && pairs.some(({ isApart }) => isApart)) return [];
  const of = (first: "Wx" | "Wh") => {
    const slip = (id: string, text: string, where: Concatenated["where"]) =>
      one(id, text, { concatenated: { first, where } }, "concatenated", where !== "everywhere");
    const whole = first === "Wx" ? `[${x} ${h}]` : `[${h} ${x}]`;
    const [right, other] = first === "Wx" ? ["[x; h]", "[h; x]"] : ["[h; x]", "[x; h]"];
    return [
      isSquare
        ? slip("matrices-exchanged", `${x} and ${h} are exchanged: ${h} multiplies x_t, and ${x} h_{t−1}`, "everywhere")
        : slip("concatenated", `${whole} is multiplied with ${other} in the place of ${right}`, "everywhere"),
      ...(loss
        ? [
            slip(
              "concatenated-back",
              isSquare
                ? `${x} and ${h} are exchanged on the way back: ∂L/∂x_t comes through ${h}ᵀ, and what goes to h_{t−1} through ${x}ᵀ`
                : `what comes back through ${whole}ᵀ is taken apart as ${other} in the place of ${right}`,
              "back",
            ),
            slip(
              "concatenated-gradient",
              isSquare
                ? `d${x} is taken with h_{t−1}, and d${h} with x_t`
                : `the gradient of ${whole} is taken with ${other} in the place of ${right}`,
              "gradient",
            ),
          ]
        : []),
    ];
  };
  return [...of("Wx"), ...(isSquare ? [] : of("Wh"))];
}
