import type { Node, NodeTable } from "./nodeTable";

/** Keys and indices that lead from the file's object to a value. */
export type Path = readonly (string | number)[];

export interface TextRange {
  readonly offset: number;
  readonly length: number;
}

/** Where the values of a file stand in its text. */
export class SourceMap {
  constructor(private readonly nodes: NodeTable) {}

  /** Where a value stands, null where the file has none there. */
  locate(path: Path): TextRange | null {
    const node = this.find(path);
    return node === null ? null : this.range(node);
  }

  /** Where the items of an array stand; a value that is none is its own only one. The path has to be one of the file's. */
  locateItems(path: Path): (k: number) => TextRange {
    const node = this.find(path)!;
    return (k) => this.range(this.nodes.isArray(node) ? this.nodes.child(node, k) : node);
  }

  /** Where the key of a value stands, its quotes included; null for an item of an array. */
  locateKey(path: Path): TextRange | null {
    const node = this.find(path);
    const range = node === null ? null : this.nodes.keyRange(node);
    return range && { offset: range.offset, length: range.end - range.offset };
  }

  /** Where to say that something is missing: the bracket that opens the value, not all of it. */
  locateOpening(path: Path): TextRange | null {
    const range = this.locate(path);
    return range && { offset: range.offset, length: Math.min(1, range.length) };
  }

  /** The last key of an object and its value, null where it has none. */
  lastEntry(path: Path): { key: TextRange; value: TextRange } | null {
    const node = this.find(path);
    if (node === null || !this.nodes.isObject(node)) return null;
    const count = this.nodes.childCountOf(node);
    if (count === 0) return null;
    const key = this.nodes.keyRangeOf(node, count - 1);
    const child = this.nodes.child(node, count - 1);
    return { key: { offset: key.offset, length: key.end - key.offset }, value: this.range(child) };
  }

  /** The keys of an object, in their order; none where there is no object. */
  keysOf(path: Path): string[] {
    const node = this.find(path);
    if (node === null || !this.nodes.isObject(node)) return [];
    return Array.from({ length: this.nodes.childCountOf(node) }, (_, k) =>
      String(this.nodes.segment(this.nodes.child(node, k))),
    );
  }

  /** Where the value ends that stands before another in its object or array; null where that is the first. */
  endOfPrevious(path: Path): number | null {
    const holder = this.find(path.slice(0, -1));
    if (holder === null) return null;
    const last = path.at(-1)!;
    for (let k = 1; k < this.nodes.childCountOf(holder); k++)
      if (this.nodes.segment(this.nodes.child(holder, k)) === last)
        return this.nodes.end(this.nodes.child(holder, k - 1));
    return null;
  }

  /** The innermost value at an offset (a key belongs to its value), null outside of the file's object. */
  pathAt(offset: number): (string | number)[] | null {
    let node = this.nodes.lastBeginningAt(offset);
    // The one that began last may have ended before; then it is somebody around it.
    while (node !== null && this.nodes.end(node) <= offset) node = this.nodes.parent(node);
    if (node === null) return null;
    const path = this.pathOf(node);
    if (this.nodes.isObject(node)) {
      const key = this.keyAt(node, offset);
      if (key !== null) path.push(key);
    }
    return path;
  }

  /** The path in the file of a parameter by its name in the trace: `layers.0.reverse.Wxh`. */
  parameterPath(name: string): (string | number)[] {
    return parameterPath(name);
  }

  private find(path: Path): Node | null {
    let node = this.nodes.root;
    for (const segment of path) {
      if (node === null) return null;
      if (typeof segment === "string") {
        node = this.nodes.isObject(node) ? this.nodes.childOfKey(node, segment) : null;
      } else {
        const known = this.nodes.isArray(node) && segment >= 0 && segment < this.nodes.childCountOf(node);
        node = known ? this.nodes.child(node, segment) : null;
      }
    }
    return node;
  }

  private range(node: Node): TextRange {
    const offset = this.nodes.offset(node);
    return { offset, length: this.nodes.end(node) - offset };
  }

  private pathOf(node: Node): (string | number)[] {
    const path: (string | number)[] = [];
    let at = node;
    for (let parent = this.nodes.parent(at); parent !== null; parent = this.nodes.parent(at)) {
      path.push(this.nodes.segment(at));
      at = parent;
    }
    return path.reverse();
  }

  /** The key of an object whose text, up to its value, holds an offset. */
  private keyAt(object: Node, offset: number): string | null {
    let low = 0;
    let high = this.nodes.childCountOf(object);
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.nodes.keyRangeOf(object, middle).offset <= offset) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return null;
    const child = this.nodes.child(object, low - 1);
    return offset < this.nodes.offset(child) ? String(this.nodes.segment(child)) : null;
  }
}

/** The path in the file of a parameter by its name in the trace: `layers.0.reverse.Wxh` is ["layers", 0, "reverse", "Wxh"]. */
export function parameterPath(name: string): (string | number)[] {
  return name.split(".").map((segment) => (/^\d+$/.test(segment) ? Number(segment) : segment));
}
