/** While a training goes on, the sequence that is stepped through is shown with the weights of the moment. */

import type { Session } from "../session/session";
import type { WeightsNow } from "./messages";

/** At most three times a second, and so seldom that it takes less than a fiftieth of the time. */
const leastPauseMs = 330;
const pausePerCost = 60;

const turn = () => new Promise((resolve) => setImmediate(resolve));

export class Live {
  private timer: NodeJS.Timeout | null = null;
  private isEnded = false;
  private showing: Promise<void> = Promise.resolve();

  /**
   * @param session the one that shows the run by now: a document may be closed and opened again
   * @param ask     has the training send its weights
   */
  constructor(
    private readonly session: () => Session | undefined,
    private readonly ask: () => void,
  ) {
    this.wait(leastPauseMs);
  }

  private wait(ms: number): void {
    if (this.isEnded) return;
    this.timer = setTimeout(() => {
      // Where nobody steps through a run, there is nothing to show yet
      if (this.session()?.state.kind === "ready") this.ask();
      else this.wait(leastPauseMs);
    }, ms);
  }

  show(weights: WeightsNow): Promise<void> {
    this.showing = this.showNow(weights);
    return this.showing;
  }

  private async showNow({ epoch, parameters }: WeightsNow): Promise<void> {
    const began = performance.now();
    if (!this.isEnded) await this.session()?.showWeights(parameters, { kind: "training", epoch });
    // The panels look through it in the turns after this one
    await turn();
    await turn();
    this.wait(Math.max(leastPauseMs, pausePerCost * (performance.now() - began)));
  }

  /** No weights are shown any more once this has ended. */
  async end(): Promise<void> {
    this.isEnded = true;
    if (this.timer) clearTimeout(this.timer);
    // What went wrong there has been said
    await this.showing.catch(() => undefined);
  }
}
