// Who is measured: the engine, or a peer, with what it computes in.

import type { Problem } from "../../src/engine/model";
import type { EngineOptions } from "./engine";
import { startTraining } from "./engine";
import type { Peer, PeerName } from "./peer";

export interface Contestant {
  readonly who: "engine" | PeerName | "command line" | "training worker";
  readonly options: EngineOptions;
  /** Trains on, for about so long. */
  batch(milliseconds: number): Promise<{ readonly updates: number; readonly seconds: number }>;
  close(): void | Promise<void>;
}

/** The engine in this process. */
export async function engineContestant(problem: Problem, options: EngineOptions): Promise<Contestant> {
  const training = await startTraining(problem, options);
  let updates = 1;
  return {
    who: "engine",
    options,
    async batch(milliseconds) {
      const start = performance.now();
      const made = await training.run(updates);
      const seconds = (performance.now() - start) / 1000;
      updates = Math.max(1, Math.round((made * milliseconds) / 1000 / seconds));
      return { updates: made, seconds };
    },
    close: () => training.close(),
  };
}

/** A peer that has loaded its workload. */
export function peerContestant(who: PeerName, peer: Peer, options: EngineOptions): Contestant {
  return { who, options, batch: (milliseconds) => peer.batch(milliseconds), close: () => peer.close() };
}

/** `NumPy float64`, `engine float32, 2 threads` */
export function nameOf({ who, options: { precision, threads } }: Pick<Contestant, "who" | "options">): string {
  return `${who} ${precision}${threads === 1 ? "" : `, ${threads} threads`}`;
}
