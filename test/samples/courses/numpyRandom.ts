/**
 * NumPy's legacy generator, `np.random.seed` and `np.random.randn`: courses draw their inputs from it.
 * Matsumoto and Nishimura 1998, "Mersenne Twister", initialised by one number; normals by Marsaglia's polar method, two at a time.
 */
import { NumpyArray } from "./numpyArray";

const N = 624;
const M = 397;

export class NumpyRandom {
  private readonly state = new Uint32Array(N);
  private index = N;
  private spare: number | null = null;

  constructor(seed: number) {
    this.state[0] = seed;
    for (let k = 1; k < N; k++) {
      const before = this.state[k - 1]! ^ (this.state[k - 1]! >>> 30);
      this.state[k] = Math.imul(1812433253, before) + k;
    }
  }

  /** Normal numbers, the last index running fastest. */
  randn(...shape: number[]): NumpyArray {
    return NumpyArray.of(shape, () => this.gauss());
  }

  private gauss(): number {
    const { spare } = this;
    this.spare = null;
    if (spare !== null) return spare;
    for (;;) {
      const a = 2 * this.uniform() - 1;
      const b = 2 * this.uniform() - 1;
      const squared = a * a + b * b;
      if (squared >= 1 || squared === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(squared)) / squared);
      this.spare = factor * a;
      return factor * b;
    }
  }

  /** 0 ≤ u < 1, of 53 bits. */
  private uniform(): number {
    return ((this.bits() >>> 5) * 67108864 + (this.bits() >>> 6)) / 9007199254740992;
  }

  private bits(): number {
    if (this.index === N) this.twist();
    let y = this.state[this.index++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  private twist(): void {
    const { state } = this;
    for (let k = 0; k < N; k++) {
      const y = (state[k]! & 0x80000000) | (state[(k + 1) % N]! & 0x7fffffff);
      state[k] = state[(k + M) % N]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.index = 0;
  }
}
