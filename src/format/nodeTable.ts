const kind = { leaf: 0, array: 1, object: 2 } as const;

/** An object with more keys than this gets a map of them when it is asked. */
const searchedOneByOne = 32;

/**
 * Where every value of a text stands, in a few flat arrays: a file of 20 MB has millions of numbers,
 * and an object for each of them would take longer than reading them.
 * Values are numbered in the order in which they begin; a value's number is its node.
 */
export class NodeTable {
  private count = 0;
  private kinds: Uint8Array;
  private offsets: Int32Array;
  private ends: Int32Array;
  private parents: Int32Array;
  /** Index in its array, or, in an object, the number of its key. */
  private places: Int32Array;
  /** Where a container's children begin in `children`, and how many they are; nothing for a leaf. */
  private firsts: Int32Array;
  private lengths: Int32Array;
  private children: Int32Array;
  private childCount = 0;
  private readonly keys: string[] = [];
  private readonly keyOffsets: number[] = [];
  private readonly keyEnds: number[] = [];
  /** For objects with many keys, their children by key. */
  private readonly keyMaps = new Map<number, Map<string, number>>();

  // What is being read: open containers, and the children found so far of each.
  private readonly opened: number[] = [];
  private readonly openedStarts: number[] = [];
  private pending: Int32Array;
  private pendingCount = 0;

  constructor(textLength: number) {
    const capacity = Math.max(16, Math.min(textLength >> 3, 1 << 20));
    this.kinds = new Uint8Array(capacity);
    this.offsets = new Int32Array(capacity);
    this.ends = new Int32Array(capacity);
    this.parents = new Int32Array(capacity);
    this.places = new Int32Array(capacity);
    this.firsts = new Int32Array(capacity);
    this.lengths = new Int32Array(capacity);
    this.children = new Int32Array(capacity);
    this.pending = new Int32Array(capacity);
  }

  /** The key that the next value has. */
  key(key: string, offset: number, end: number): void {
    this.keys.push(key);
    this.keyOffsets.push(offset);
    this.keyEnds.push(end);
  }

  leaf(offset: number, end: number): number {
    const node = this.add(offset, end);
    this.kinds[node] = kind.leaf;
    return node;
  }

  /** A container begins; the nodes until its `close` are inside it. */
  open(offset: number, isArray: boolean): number {
    const node = this.add(offset, offset);
    this.kinds[node] = isArray ? kind.array : kind.object;
    this.opened.push(node);
    this.openedStarts.push(this.pendingCount);
    return node;
  }

  close(end: number): void {
    const node = this.opened.pop()!;
    const start = this.openedStarts.pop()!;
    const length = this.pendingCount - start;
    this.ends[node] = end;
    this.firsts[node] = this.childCount;
    this.lengths[node] = length;
    while (this.childCount + length > this.children.length) this.children = doubled(this.children);
    // A loop, for most arrays are a few numbers, which a bulk copy would take longer to prepare than to copy.
    for (let k = start; k < this.pendingCount; k++) this.children[this.childCount++] = this.pending[k]!;
    this.pendingCount = start;
  }

  finish(): this {
    while (this.opened.length > 0) this.close(this.offset(this.opened[this.opened.length - 1]!));
    return this;
  }

  private add(offset: number, end: number): number {
    const node = this.count++;
    if (node === this.offsets.length) {
      const kinds = new Uint8Array(this.kinds.length * 2);
      kinds.set(this.kinds);
      this.kinds = kinds;
      this.offsets = doubled(this.offsets);
      this.ends = doubled(this.ends);
      this.parents = doubled(this.parents);
      this.places = doubled(this.places);
      this.firsts = doubled(this.firsts);
      this.lengths = doubled(this.lengths);
    }
    const parent = this.opened[this.opened.length - 1] ?? -1;
    this.offsets[node] = offset;
    this.ends[node] = end;
    this.parents[node] = parent;
    if (parent >= 0) {
      const start = this.openedStarts[this.openedStarts.length - 1]!;
      this.places[node] = this.kinds[parent] === kind.array ? this.pendingCount - start : this.keys.length - 1;
      if (this.pendingCount === this.pending.length) this.pending = doubled(this.pending);
      this.pending[this.pendingCount++] = node;
    }
    return node;
  }

  get size(): number {
    return this.count;
  }

  offset(node: number): number {
    return this.offsets[node]!;
  }

  end(node: number): number {
    return this.ends[node]!;
  }

  /** −1 for the root. */
  parent(node: number): number {
    return this.parents[node]!;
  }

  isArray(node: number): boolean {
    return this.kinds[node] === kind.array;
  }

  isObject(node: number): boolean {
    return this.kinds[node] === kind.object;
  }

  childCountOf(node: number): number {
    return this.kinds[node] === kind.leaf ? 0 : this.lengths[node]!;
  }

  child(node: number, k: number): number {
    return this.children[this.firsts[node]! + k]!;
  }

  /** The value of a key of an object, −1 where it has none. Of a key that stands twice, the last, as in JSON. */
  childOfKey(node: number, key: string): number {
    const count = this.childCountOf(node);
    if (count > searchedOneByOne) return this.keyMap(node).get(key) ?? -1;
    for (let k = count - 1; k >= 0; k--) {
      const child = this.child(node, k);
      if (this.keys[this.places[child]!] === key) return child;
    }
    return -1;
  }

  private keyMap(node: number): Map<string, number> {
    const known = this.keyMaps.get(node);
    if (known) return known;
    const map = new Map<string, number>();
    for (let k = 0; k < this.childCountOf(node); k++) {
      const child = this.child(node, k);
      map.set(this.keys[this.places[child]!]!, child);
    }
    this.keyMaps.set(node, map);
    return map;
  }

  /** What leads from a value's parent to it: a key or an index. */
  segment(node: number): string | number {
    const place = this.places[node]!;
    return this.kinds[this.parents[node]!] === kind.array ? place : this.keys[place]!;
  }

  /** Where the key of a value in an object stands, quotes included. */
  keyRange(node: number): { offset: number; end: number } | null {
    const parent = this.parents[node]!;
    if (parent < 0 || this.kinds[parent] === kind.array) return null;
    const place = this.places[node]!;
    return { offset: this.keyOffsets[place]!, end: this.keyEnds[place]! };
  }

  /** The last node that begins at or before an offset, −1 where there is none. */
  lastBeginningAt(offset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.offsets[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
