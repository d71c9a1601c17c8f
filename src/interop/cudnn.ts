/**
 * The layers of Keras that say cuDNN's name (`CuDNNLSTM`, `CuDNNGRU`): their matrices are cuDNN's, which is given W x and R h of
 * each gate for itself, in arrays of the shapes that Keras' own kernels have.
 */
import type { KerasWeights } from "./kerasLayers";
import { ImportError } from "./source";
import { allOf, countOf, made, reshaped, type Stored, shapeText } from "./stored";

const gatesOf = { lstm: 4, gru: 3 } as const;
export type CudnnKind = keyof typeof gatesOf;

/** As Keras stacks them. @throws ImportError where shapes are none of such a layer */
export function fromCudnn(kind: CudnnKind, { kernel, recurrent, bias }: KerasWeights, name: string): KerasWeights {
  const gates = gatesOf[kind];
  const [X = 0, columns = 0] = kernel.shape;
  const H = columns / gates;
  const isRight =
    kernel.shape.length === 2 &&
    Number.isInteger(H) &&
    recurrent.shape.join() === [H, columns].join() &&
    (bias === null || countOf(bias.shape) === 2 * columns);
  if (!isRight)
    throw new ImportError(
      `${name} has arrays ${[kernel, recurrent, ...(bias ? [bias] : [])].map(({ shape }) => shapeText(shape)).join(", ")}, which are not cuDNN's of ${kind}`,
    );
  return {
    kernel: turned(kernel, gates, X, H),
    recurrent: turned(recurrent, gates, H, H),
    bias: bias && bothBiases(kind, bias, columns),
  };
}

/** Of each gate's block of `inputs` rows and H columns the numbers, one after the other, are a matrix [H × inputs]: that one, transposed. */
function turned(matrix: Stored, gates: number, inputs: number, H: number): Stored {
  return made(matrix.shape, () => {
    const all = allOf(matrix);
    const columns = gates * H;
    const numbers = new Float64Array(all.length);
    for (let g = 0; g < gates; g++)
      for (let k = 0; k < inputs * H; k++) {
        const [unit, input] = [Math.floor(k / inputs), k % inputs];
        numbers[input * columns + g * H + unit] = all[Math.floor(k / H) * columns + g * H + (k % H)]!;
      }
    return numbers;
  });
}

/** Both biases are added, but to a gru's candidate, of which r takes the second. */
function bothBiases(kind: CudnnKind, bias: Stored, columns: number): Stored {
  if (kind === "gru") return reshaped(bias, [2, columns]);
  return made([columns], () => {
    const both = allOf(bias);
    return Float64Array.from({ length: columns }, (_, k) => both[k]! + both[columns + k]!);
  });
}
