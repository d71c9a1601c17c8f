/** As much of NumPy's arrays as the courses' inputs need. */
export class NumpyArray {
  private constructor(
    readonly shape: readonly number[],
    /** The last index running fastest. */
    readonly data: readonly number[],
  ) {}

  static of(shape: readonly number[], value: (k: number) => number): NumpyArray {
    const size = shape.reduce((product, length) => product * length, 1);
    return new NumpyArray(
      shape,
      Array.from({ length: size }, (_, k) => value(k)),
    );
  }

  /** np.linspace(from, to, num=size).reshape(shape) */
  static linspace(from: number, to: number, ...shape: number[]): NumpyArray {
    const size = shape.reduce((product, length) => product * length, 1);
    const step = (to - from) / (size - 1);
    return NumpyArray.of(shape, (k) => (k === size - 1 ? to : k * step + from));
  }

  at(...index: number[]): number {
    return this.data[index.reduce((place, i, d) => place * this.shape[d]! + i, 0)]!;
  }

  /** Numbers along one axis, at the others' indices; the axis has null for its index. */
  along(...index: (number | null)[]): number[] {
    const axis = index.indexOf(null);
    return Array.from({ length: this.shape[axis]! }, (_, i) => this.at(...index.map((k) => k ?? i)));
  }

  /** A matrix as rows. */
  rows(): number[][] {
    return Array.from({ length: this.shape[0]! }, (_, i) => this.along(i, null));
  }

  /** Columns from…to of a matrix, each as a row: W[:, from:to].T */
  columns(from: number, to: number): number[][] {
    return Array.from({ length: to - from }, (_, j) => this.along(null, from + j));
  }
}
