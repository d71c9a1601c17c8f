import { IntList } from "./intList";

/**
 * A value of a text. Those without values inside are leaves and have their number among all values; objects and arrays are containers
 * and have the complement of their number among the containers, which is below 0.
 */
export type Node = number;

/** An object with more keys than this gets a map of them when it is asked. */
const searchedOneByOne = 32;
/** In the byte of a leaf's length: the length does not fit, and the end stands in a map. */
const isLong = 255;

/** A container that is being read. */
interface Opened {
  container: number;
  isArray: boolean;
  /** Where its children begin among those that wait. */
  start: number;
  count: number;
  /** An array of leaves alone: their numbers follow its own, and no list of them is kept. */
  isFlat: boolean;
}

/**
 * Where every value of a text stands. A file of 20 MB has millions of numbers, and an object for each of them would take longer than
 * reading them: a leaf is five bytes, and what holds it is looked for when somebody asks.
 * Values are numbered in the order in which they begin, and containers among themselves too.
 */
export class NodeTable {
  private readonly pageBits: number;
  private readonly pageMask: number;
  /** Of every value, where it begins and how long it is; a container's length is not there. */
  private readonly offsetPages: Int32Array[] = [];
  private readonly lengthPages: Uint8Array[] = [];
  private count = 0;
  private readonly longEnds = new Map<number, number>();

  // Of every container: its number among all values, the container around it (−1 for the outermost), where it ends, how many children
  // it has and where their list begins: `flat` for an array of leaves alone, and of an object where its keys begin, `noKeys` of an array.
  private readonly numbers: IntList;
  private readonly parents: IntList;
  private readonly ends: IntList;
  private readonly counts: IntList;
  private readonly firsts: IntList;
  private readonly firstKeys: IntList;
  private readonly children: IntList;
  private readonly keyNames: IntList;
  private readonly keyOffsets: IntList;
  private readonly keyEnds: IntList;
  private readonly names: string[] = [];
  private readonly namesNumbers = new Map<string, number>();
  /** For objects with many keys, their children by key. */
  private readonly keyMaps = new Map<Node, Map<string, Node>>();

  private readonly opened: Opened[] = [];
  private depth = 0;
  private top: Opened | null = null;
  private waiting = new Int32Array(16);
  private waitingCount = 0;
  /** Beside `waiting`, the keys of an object's children: three numbers each. */
  private waitingKeys = new Int32Array(48);
  private keyName = 0;
  private keyOffset = 0;
  private keyEnd = 0;

  constructor(textLength: number) {
    // Small for a short text, and never so large that making a page takes long.
    this.pageBits = Math.min(14, Math.max(3, Math.ceil(Math.log2(textLength + 1)) - 4));
    this.pageMask = (1 << this.pageBits) - 1;
    const list = () => new IntList(this.pageBits);
    this.numbers = list();
    this.parents = list();
    this.ends = list();
    this.counts = list();
    this.firsts = list();
    this.firstKeys = list();
    this.children = list();
    this.keyNames = list();
    this.keyOffsets = list();
    this.keyEnds = list();
  }

  // ---------------------------------------------------------------------------------------------- while a text is read

  /** The key that the next value has. */
  key(key: string, offset: number, end: number): void {
    let name = this.namesNumbers.get(key);
    if (name === undefined) {
      name = this.names.push(key) - 1;
      this.namesNumbers.set(key, name);
    }
    this.keyName = name;
    this.keyOffset = offset;
    this.keyEnd = end;
  }

  leaf(offset: number, end: number): void {
    const { top } = this;
    if (top !== null) {
      if (top.isFlat) top.count++;
      else this.wait(top, this.count);
    }
    const length = end - offset;
    if (length >= isLong) this.longEnds.set(this.count, end);
    this.add(offset, length < isLong ? length : isLong);
  }

  /** A container begins; the values until its `close` are inside it. */
  open(offset: number, isArray: boolean): void {
    const { top } = this;
    const container = this.numbers.length;
    if (top !== null) {
      if (top.isFlat) this.listLeaves(top);
      this.wait(top, ~container);
    }
    this.numbers.push(this.count);
    this.parents.push(top === null ? -1 : top.container);
    this.ends.push(offset);
    this.counts.push(0);
    this.firsts.push(flat);
    this.firstKeys.push(noKeys);
    this.add(offset, 0);
    const opened = (this.opened[this.depth] ??= { container: 0, isArray: true, start: 0, count: 0, isFlat: true });
    this.depth++;
    opened.container = container;
    opened.isArray = isArray;
    opened.start = this.waitingCount;
    opened.count = 0;
    opened.isFlat = isArray;
    this.top = opened;
  }

  close(end: number): void {
    const { container, isArray, start, count, isFlat } = this.top!;
    this.depth--;
    this.top = this.depth > 0 ? this.opened[this.depth - 1]! : null;
    this.ends.set(container, end);
    this.counts.set(container, count);
    if (isFlat) return;
    this.firsts.set(container, this.children.length);
    for (let k = start; k < start + count; k++) this.children.push(this.waiting[k]!);
    this.waitingCount = start;
    if (isArray) return;
    this.firstKeys.set(container, this.keyNames.length);
    for (let k = start; k < start + count; k++) {
      this.keyNames.push(this.waitingKeys[3 * k]!);
      this.keyOffsets.push(this.waitingKeys[3 * k + 1]!);
      this.keyEnds.push(this.waitingKeys[3 * k + 2]!);
    }
  }

  finish(): this {
    while (this.top !== null) this.close(this.offset(~this.top.container));
    return this;
  }

  private add(offset: number, length: number): void {
    const place = this.count & this.pageMask;
    if (place === 0) {
      this.offsetPages.push(new Int32Array(this.pageMask + 1));
      this.lengthPages.push(new Uint8Array(this.pageMask + 1));
    }
    const page = this.count >> this.pageBits;
    this.offsetPages[page]![place] = offset;
    this.lengthPages[page]![place] = length;
    this.count++;
  }

  /** A child of a container that lists them. */
  private wait(top: Opened, child: Node): void {
    if (this.waitingCount === this.waiting.length) {
      this.waiting = doubled(this.waiting);
      this.waitingKeys = doubled(this.waitingKeys);
    }
    if (!top.isArray) {
      this.waitingKeys[3 * this.waitingCount] = this.keyName;
      this.waitingKeys[3 * this.waitingCount + 1] = this.keyOffset;
      this.waitingKeys[3 * this.waitingCount + 2] = this.keyEnd;
    }
    this.waiting[this.waitingCount++] = child;
    top.count++;
  }

  /** An array of leaves is getting a container: from here on its children are listed. */
  private listLeaves(top: Opened): void {
    const { count } = top;
    const first = this.numbers.get(top.container) + 1;
    top.isFlat = false;
    top.count = 0;
    for (let k = 0; k < count; k++) this.wait(top, first + k);
  }

  // ---------------------------------------------------------------------------------------------- when it has been read

  /** The outermost value, null where the text has none. */
  get root(): Node | null {
    if (this.count === 0) return null;
    return this.numbers.length > 0 && this.numbers.get(0) === 0 ? ~0 : 0;
  }

  offset(node: Node): number {
    const number = node < 0 ? this.numbers.get(~node) : node;
    return this.offsetPages[number >> this.pageBits]![number & this.pageMask]!;
  }

  end(node: Node): number {
    if (node < 0) return this.ends.get(~node);
    const length = this.lengthPages[node >> this.pageBits]![node & this.pageMask]!;
    return length === isLong ? this.longEnds.get(node)! : this.offset(node) + length;
  }

  /** What holds a value; null for the outermost. */
  parent(node: Node): Node | null {
    if (node < 0) {
      const parent = this.parents.get(~node);
      return parent < 0 ? null : ~parent;
    }
    const offset = this.offset(node);
    // The container that began last may have ended before; then it is somebody around it.
    let container = this.numbers.countUpTo(node) - 1;
    while (container >= 0 && !this.holds(container, node, offset)) container = this.parents.get(container);
    return container < 0 ? null : ~container;
  }

  /** Whether a leaf that begins behind a container's beginning is inside it. */
  private holds(container: number, leaf: number, offset: number): boolean {
    const end = this.ends.get(container);
    if (offset !== end) return offset < end;
    // A value that is missing is empty and stands where its container ends.
    return this.isAmong(container, leaf);
  }

  private isAmong(container: number, leaf: number): boolean {
    const count = this.counts.get(container);
    return count > 0 && this.placeIn(container, leaf) >= 0;
  }

  isArray(node: Node): boolean {
    return node < 0 && this.firstKeys.get(~node) === noKeys;
  }

  isObject(node: Node): boolean {
    return node < 0 && this.firstKeys.get(~node) !== noKeys;
  }

  childCountOf(node: Node): number {
    return node < 0 ? this.counts.get(~node) : 0;
  }

  child(node: Node, k: number): Node {
    const first = this.firsts.get(~node);
    return first === flat ? this.numbers.get(~node) + 1 + k : this.children.get(first + k);
  }

  /** The value of a key of an object, null where it has none. Of a key that stands twice, the last, as in JSON. */
  childOfKey(node: Node, key: string): Node | null {
    const count = this.childCountOf(node);
    if (count > searchedOneByOne) return this.keyMap(node).get(key) ?? null;
    const name = this.namesNumbers.get(key);
    if (name === undefined) return null;
    const firstKey = this.firstKeys.get(~node);
    for (let k = count - 1; k >= 0; k--) if (this.keyNames.get(firstKey + k) === name) return this.child(node, k);
    return null;
  }

  private keyMap(node: Node): Map<string, Node> {
    const known = this.keyMaps.get(node);
    if (known) return known;
    const map = new Map<string, Node>();
    const firstKey = this.firstKeys.get(~node);
    for (let k = 0; k < this.childCountOf(node); k++)
      map.set(this.names[this.keyNames.get(firstKey + k)]!, this.child(node, k));
    this.keyMaps.set(node, map);
    return map;
  }

  /** Which child of its container a value is, −1 where it is none of them. */
  private placeIn(container: number, node: Node): number {
    const number = node < 0 ? this.numbers.get(~node) : node;
    const count = this.counts.get(container);
    if (this.firsts.get(container) === flat) {
      const place = number - this.numbers.get(container) - 1;
      return place < count ? place : -1;
    }
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const child = this.child(~container, middle);
      if ((child < 0 ? this.numbers.get(~child) : child) < number) low = middle + 1;
      else high = middle;
    }
    return low < count && this.child(~container, low) === node ? low : -1;
  }

  /** What leads from a value's container to it: a key or an index. */
  segment(node: Node): string | number {
    const parent = ~this.parent(node)!;
    const place = this.placeIn(parent, node);
    const firstKey = this.firstKeys.get(parent);
    return firstKey === noKeys ? place : this.names[this.keyNames.get(firstKey + place)]!;
  }

  /** Where the key of child k of an object stands, quotes included. */
  keyRangeOf(object: Node, k: number): { offset: number; end: number } {
    const key = this.firstKeys.get(~object) + k;
    return { offset: this.keyOffsets.get(key), end: this.keyEnds.get(key) };
  }

  /** Where the key of a value in an object stands, quotes included; null for any other value. */
  keyRange(node: Node): { offset: number; end: number } | null {
    const parent = this.parent(node);
    return parent !== null && this.isObject(parent) ? this.keyRangeOf(parent, this.placeIn(~parent, node)) : null;
  }

  /** The value that begins last at or before an offset, null where there is none. */
  lastBeginningAt(offset: number): Node | null {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.offset(middle) <= offset) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return null;
    const number = low - 1;
    const container = this.numbers.countUpTo(number) - 1;
    return container >= 0 && this.numbers.get(container) === number ? ~container : number;
  }
}

const flat = -1;
const noKeys = -1;

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
