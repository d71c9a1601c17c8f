import type { PlateauSchedule } from "./model";

/** How much smaller a loss must be to count as smaller: PyTorch's `threshold`, relative. */
const threshold = 1e-4;

/**
 * When the learning rate is to fall, as PyTorch's ReduceLROnPlateau has it: once the loss has been no smaller than the smallest for
 * more than `patience` epochs; from then on it counts anew.
 */
export class Plateau {
  private smallest = Infinity;
  private epochsSince = 0;

  constructor(private readonly schedule: PlateauSchedule) {}

  /** What the rate is multiplied by after an epoch with this loss. */
  factorAfter(loss: number): number {
    if (loss < this.smallest * (1 - threshold)) {
      this.smallest = loss;
      this.epochsSince = 0;
    } else this.epochsSince++;
    if (this.epochsSince <= this.schedule.patience) return 1;
    this.epochsSince = 0;
    return this.schedule.factor;
  }
}
