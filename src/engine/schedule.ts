import type { TrainingSettings } from "./model";

/**
 * The learning rate η_e of epoch e = 1…, the optimizer's own being η.
 *   step         η_e = η · factor^⌊(e − 1) / every⌋
 *   exponential  η_e = η · factor^(e − 1)
 *   cosine       η_e = floor + ½ (η − floor) (1 + cos(π (e − 1) / epochs)), and floor from e = epochs + 1 on
 * Source: PyTorch's StepLR, ExponentialLR and CosineAnnealingLR (Loshchilov and Hutter 2017), which step once an epoch.
 */
export function rateOfEpoch(
  { optimizer, schedule }: Pick<TrainingSettings, "optimizer" | "schedule">,
  epoch: number,
): number {
  const eta = optimizer.learningRate;
  if (!schedule) return eta;
  const gone = epoch - 1;
  switch (schedule.type) {
    case "step":
      return eta * schedule.factor ** Math.floor(gone / schedule.every);
    // That heeds the validation loss, which `watch` does.
    case "plateau":
      return eta;
    case "exponential":
      return eta * schedule.factor ** gone;
    case "cosine": {
      const { epochs, floor } = schedule;
      return gone >= epochs ? floor : floor + ((eta - floor) * (1 + Math.cos((Math.PI * gone) / epochs))) / 2;
    }
  }
}
