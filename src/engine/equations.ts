/**
 * The equations of a cell as a person writes them, read with positions:
 *
 *   i = σ(Wxi x + Whi h' + bi)
 *   h = (1 − α) h' + α tanh(a)
 *
 * Each names a quantity, a vector [H]; the last one is h. `x` is the layer's input, `name'` (also `name_prev`, `name[t-1]`) a
 * quantity at the step before, which makes it a state. A name that is no quantity, constant or function is a parameter: a matrix
 * where it stands directly before something ([H × X] before x, else [H × H]), elsewhere a vector [H].
 *
 *   sum    := [−] term { (+ | −) term }
 *   term   := side { (∘ | * | · | /) [−] side }          to the left; nothing side by side on the right of /
 *   side   := power [side]                                to the right: a product with a matrix, or element by element
 *   power  := value [² | ^ [−] (number | constant)]
 *   value  := number | name | name' | name(sum, …) | (sum)
 */
import type { ElementFunction, Expression } from "./expression";
import {
  apply,
  before,
  bias,
  constant,
  input,
  largest,
  minus,
  named,
  negative,
  now,
  pool,
  power,
  product,
  quotient,
  smallest,
  softmaxOf,
  sum,
  times,
} from "./expression";
import { nearest } from "./nearest";

type EquationFunction =
  | { readonly arguments: 1; of(v: Expression): Expression }
  | { readonly arguments: 2; of(v: Expression, w: Expression): Expression };

const elementwise = (name: ElementFunction): EquationFunction => ({ arguments: 1, of: (v) => apply(name, v) });

/** The functions that an equation may call. */
export const equationFunctions: Readonly<Record<string, EquationFunction>> = {
  tanh: elementwise("tanh"),
  σ: elementwise("σ"),
  sigmoid: elementwise("σ"),
  relu: elementwise("relu"),
  exp: elementwise("exp"),
  log: elementwise("log"),
  "√": elementwise("√"),
  sqrt: elementwise("√"),
  abs: elementwise("abs"),
  sin: elementwise("sin"),
  cos: elementwise("cos"),
  softplus: elementwise("softplus"),
  silu: elementwise("silu"),
  softmax: { arguments: 1, of: softmaxOf },
  hardsigmoid: elementwise("hardsigmoid"),
  hardsigmoid2: elementwise("hardsigmoid2"),
  mean: { arguments: 1, of: (v) => pool("mean", v) },
  sum: { arguments: 1, of: (v) => pool("sum", v) },
  min: { arguments: 2, of: (v, w) => smallest(v, w) },
  max: { arguments: 2, of: (v, w) => largest(v, w) },
};

/** Functions by other names of theirs, which resemble none of these. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ["sigma", "σ"],
  ["logistic", "σ"],
  ["ln", "log"],
]);

/** What a layer of the file may say besides its parameters: no name of a cell's own. */
const layerKeys = "cell size activation reset direction h0 c0 bias trainable frozen reverse".split(" ");

/** Where something stands: characters of an equation's text, counted in UTF-16 units, or a constant's name. */
export type EquationPlace =
  | { readonly kind: "equation"; readonly equation: number; readonly from: number; readonly to: number }
  | { readonly kind: "constant"; readonly name: string };

export interface EquationFault {
  readonly place: EquationPlace;
  readonly message: string;
}

/** A name or a number in an equation, and what it is there. */
export interface Word {
  readonly equation: number;
  readonly from: number;
  readonly to: number;
  /** `definition` is the name on the left side. */
  readonly kind: "definition" | "quantity" | "state" | "input" | "constant" | "parameter" | "function" | "number";
  /** Without its prime, in NFC. */
  readonly name: string;
}

export interface Equation {
  readonly name: string;
  readonly expression: Expression;
}

/** What a cell's equations use. */
export interface ReadEquations {
  /** In their order; those that could be read. */
  readonly equations: readonly Equation[];
  /** In the order of their first appearance; `cols` is "input" for [H × X], "hidden" for [H × H], null for [H]. */
  readonly parameters: readonly { readonly name: string; readonly cols: "input" | "hidden" | null }[];
  /** The quantities that some equation takes from the step before, in the order of the equations, h first. */
  readonly states: readonly string[];
  /** Where x stands as a vector by itself, so that X must be H; null where nowhere. */
  readonly inputAsVector: EquationPlace | null;
  readonly words: readonly Word[];
  readonly faults: readonly EquationFault[];
  /** Parameters whose names look as if something else was meant. */
  readonly doubts: readonly EquationFault[];
}

/** Reads a cell's equations. @param constants by name */
export function readEquations(texts: readonly string[], constants: Readonly<Record<string, number>>): ReadEquations {
  return new Reader(texts, constants).read();
}

/** The equations of a cell that needs no constants. @throws RangeError where one of them is wrong */
export function equationsOf(...texts: readonly string[]): readonly Equation[] {
  const { equations, faults } = readEquations(texts, {});
  if (faults[0]) throw new RangeError(`${texts.join("; ")}: ${faults[0].message}`);
  return equations;
}

type Token = {
  readonly kind: "name" | "number" | "sign" | "end";
  /** A name in NFC; a sign in its one spelling. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
};

/** Signs that are written in several ways. */
const spellings: Readonly<Record<string, string>> = { "-": "−", "*": "∘", "·": "∘", "′": "'", "’": "'" };
/** Signs that others use, and what is written here. */
const strangers: Readonly<Record<string, string>> = {
  "×": "∘",
  "⊙": "∘",
  "⋅": "∘",
  "•": "∘",
  "**": "^",
  "@": "a space between a matrix and what it multiplies",
  "³": "^3",
  "–": "−",
};
const namePattern = /^\p{L}[\p{L}\p{M}0-9_]*/u;
/** Raised, lowered and modifier letters that look like a prime or a time, and would be taken for a part of a name. */
const oddLetters = /^(?:\p{L}[\p{L}\p{M}0-9_]*?)?[\u02b0-\u02ff\u1d2c-\u1d6a\u2070-\u209f]/u;
const numberPattern = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+\-−]?\d+)?/;
/** Brackets within brackets: more is a slip, and no machine's stack. */
const deepest = 100;

class Stop extends Error {
  constructor(
    readonly from: number,
    readonly to: number,
    message: string,
  ) {
    super(message);
  }
}

class Reader {
  private readonly faults: EquationFault[] = [];
  private readonly words: Word[] = [];
  /** By quantity: the equation that names it first. */
  private readonly quantities = new Map<string, number>();
  private readonly constants = new Map<string, number>();
  private readonly parameters = new Map<string, { cols: "input" | "hidden" | null; equation: number }>();
  private readonly states = new Set<string>();
  private inputAsVector: EquationPlace | null = null;
  // Of the equation that is being read
  private equation = 0;
  private tokens: readonly Token[] = [];
  private at = 0;
  private depth = 0;

  constructor(
    private readonly texts: readonly string[],
    constants: Readonly<Record<string, number>>,
  ) {
    for (const [name, value] of Object.entries(constants)) this.constants.set(name.normalize("NFC"), value);
  }

  read(): ReadEquations {
    const lines = this.texts.map((text, k) => this.attempt(k, () => tokensOf(text)) ?? null);
    for (const [k, tokens] of lines.entries()) if (tokens) this.attempt(k, () => this.define(tokens, k));
    for (const [name] of this.constants)
      this.checkName(name, (message) => this.faults.push({ place: { kind: "constant", name }, message }));
    const equations: Equation[] = [];
    for (const [k, tokens] of lines.entries()) {
      const name = tokens?.[0]?.text;
      if (!tokens || name === undefined || tokens[1]?.text !== "=") continue;
      this.tokens = tokens;
      this.at = 2;
      this.depth = 0;
      const expression = this.attempt(k, () => this.rightSide());
      if (expression) equations.push({ name, expression });
    }
    this.checkStates();
    return {
      equations,
      parameters: [...this.parameters].map(([name, { cols }]) => ({ name, cols })),
      states: ["h", ...this.quantities.keys()].filter(
        (name, k, all) => this.states.has(name) && all.indexOf(name) === k,
      ),
      inputAsVector: this.inputAsVector,
      words: this.words,
      faults: this.faults,
      doubts: [...this.parameters.keys()].flatMap((name) => this.doubt(name)),
    };
  }

  private doubt(name: string): EquationFault[] {
    const word = this.words.find((one) => one.name === name && one.kind === "parameter");
    const base = name.replace(/_t$/, "");
    const isTimed = base !== name && (base === "x" || this.quantities.has(base));
    const near =
      name.length > 3
        ? nearest(
            name,
            Object.keys(equationFunctions).filter((one) => one.length > 3),
          )
        : null;
    const isNear = near !== null && this.texts[word?.equation ?? -1]?.slice(word!.to).trimStart().startsWith("(");
    if (!word || (!isTimed && !isNear)) return [];
    const what = isTimed ? `of this step ${base} is written without its time` : `the function is ${near}`;
    return [{ place: { ...word, kind: "equation" }, message: `${name} is a parameter here: ${what}` }];
  }

  /** What goes wrong in an equation is said there, and the next one is read. */
  private attempt<T>(equation: number, work: () => T): T | undefined {
    this.equation = equation;
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      this.fault(error.from, error.to, error.message);
      return undefined;
    }
  }

  private fault(from: number, to: number, message: string): void {
    this.faults.push({ place: { kind: "equation", equation: this.equation, from, to }, message });
  }

  private word(token: Pick<Token, "from" | "to">, kind: Word["kind"], name: string, to = token.to): void {
    this.words.push({ equation: this.equation, from: token.from, to, kind, name });
  }

  // The left sides

  private define(tokens: readonly Token[], equation: number): void {
    const [name, equals] = tokens;
    if (name!.kind !== "name") {
      if (name!.kind === "end")
        throw new Stop(0, this.texts[equation]!.length, "the equation is empty: expected name = …");
      throw stopAt(name!, `expected the quantity that the equation names, as in a = …, found ${found(name!)}`);
    }
    if (equals!.text !== "=") {
      if (equals!.text === "'" || equals!.text === "[")
        throw stopAt(equals!, `an equation names a quantity of this step: expected ${name!.text} = …`);
      throw stopAt(equals!, `expected = after ${name!.text}, found ${found(equals!)}`);
    }
    this.word(name!, "definition", name!.text);
    const { from, to, text } = name!;
    const first = this.quantities.get(text);
    if (first !== undefined) this.fault(from, to, `${text} has an equation already, in line ${first + 1}`);
    else this.quantities.set(text, equation);
    this.checkName(text, (message) => this.fault(from, to, message));
    if (this.constants.has(text))
      this.fault(from, to, `${text} is a constant of this cell, so no equation can name it`);
    if (equation === this.texts.length - 1 && text !== "h" && first === undefined)
      this.fault(
        from,
        to,
        text === "h_t"
          ? "the last equation is h's: write h, without its time"
          : `the last equation is h's: expected h = …, found ${text} = …`,
      );
    if (equation < this.texts.length - 1 && text === "h")
      this.fault(from, to, "h is what the layer gives out: its equation is the last one");
  }

  /** What no quantity, constant or parameter may be called. */
  private checkName(name: string, say: (message: string) => void): void {
    if (namePattern.exec(name)?.[0] !== name)
      say(`${JSON.stringify(name)} is no name: expected letters, 0 to 9 and _, beginning with a letter`);
    else if (Object.hasOwn(equationFunctions, name)) say(`${name} is a function: expected another name`);
    else if (name === "x") say("x is the layer's input: expected another name");
    else if (layerKeys.includes(name)) say(`${name} is a key of every layer: expected another name`);
    else if (name.endsWith("_prev"))
      say(`${name} is how ${name.slice(0, -5) || "a quantity"} of the step before is written: expected another name`);
  }

  /** A parameter `c0` beside a state `c` could not be told from the state's beginning. */
  private checkStates(): void {
    for (const state of this.states) {
      const name = `${state}0`;
      const message = `${name} is how a layer gives the first ${state}: expected another name`;
      if (this.constants.has(name)) this.faults.push({ place: { kind: "constant", name }, message });
      const word = this.words.find(
        (one) => one.name === name && (one.kind === "definition" || one.kind === "parameter"),
      );
      if (word && name !== "h0" && name !== "c0") this.faults.push({ place: { ...word, kind: "equation" }, message });
    }
  }

  // The right sides

  private get here(): Token {
    return this.tokens[this.at]!;
  }

  private get next(): Token {
    return this.tokens[this.at + 1] ?? this.tokens.at(-1)!;
  }

  private take(...signs: string[]): Token | null {
    const token = this.here;
    if (token.kind !== "sign" || !signs.includes(token.text)) return null;
    this.at++;
    return token;
  }

  private rightSide(): Expression {
    const expression = this.sum();
    if (this.here.kind !== "end")
      throw stopAt(
        this.here,
        this.here.text === ")"
          ? "this parenthesis closes nothing"
          : this.here.text === "="
            ? "an equation has one ="
            : `expected an operator, found ${found(this.here)}`,
      );
    return expression;
  }

  private sum(): Expression {
    let result = this.take("−") ? negative(this.term()) : this.term();
    let isOurs = false;
    for (let sign = this.take("+", "−"); sign; sign = this.take("+", "−")) {
      if (this.here.text === "−")
        throw stopAt(
          this.here,
          `a minus may not follow ${sign.text}: write it in parentheses, or leave one of them out`,
        );
      const term = this.term();
      if (sign.text === "−") result = minus(result, term);
      else result = isOurs && result.kind === "sum" ? sum(...result.terms, term) : sum(result, term);
      isOurs = true;
    }
    return result;
  }

  private term(): Expression {
    let result = this.side().expression;
    let isOurs = false;
    for (let sign = this.take("∘", "/"); sign; sign = this.take("∘", "/")) {
      const isNegative = this.take("−") !== null;
      const { expression, second } = this.side();
      if (sign.text === "/" && second)
        throw stopAt(
          second,
          "side by side on the right of / can be read in two ways: put what is divided by into parentheses, or write ∘ after it, as in dt/τ ∘ (…)",
        );
      const right = isNegative ? negative(expression) : expression;
      if (sign.text === "/") result = quotient(result, right);
      else result = isOurs && result.kind === "times" ? times(...result.factors, right) : times(result, right);
      isOurs = true;
    }
    return result;
  }

  /** @returns what stands side by side, and where the second of it begins; null where there is but one */
  private side(): { expression: Expression; second: Token | null } {
    const first = this.here;
    const isName = first.kind === "name" && this.isParameter(first);
    if (isName) {
      this.at++;
      const powered = this.isPower();
      if (!powered && this.startsValue()) return { second: this.here, expression: this.matrix(first) };
      this.parameter(first, null, powered);
      const value = this.powerOf(bias(first.text));
      if (!this.startsValue()) return { expression: value, second: null };
      return { second: this.here, expression: times(value, this.beside()) };
    }
    const value = this.powerOf(this.value());
    if (!this.startsValue()) return { expression: value, second: null };
    return { second: this.here, expression: times(value, ...factorsOf(this.beside())) };
  }

  /** What stands on the right of something side by side. */
  private beside(): Expression {
    return this.nested(() => this.side().expression);
  }

  private matrix(name: Token): Expression {
    const start = this.here;
    let leftmost = this.at;
    while (this.tokens[leftmost]!.text === "(") leftmost++;
    const isInput = this.tokens[leftmost]!.kind === "name" && this.tokens[leftmost]!.text === "x";
    if (!isInput || this.tokens[leftmost + 1]!.text === "(") {
      this.parameter(name, "hidden", false);
      return product(name.text, this.beside());
    }
    const x = this.tokens[leftmost]!;
    const brackets = leftmost - this.at;
    this.at = leftmost + 1;
    if (this.here.text === "'" || this.here.text === "[") throw this.primeOnInput(x);
    for (let k = 0; k < brackets; k++)
      if (!this.take(")"))
        throw new Stop(
          start.from,
          this.here.to,
          `directly after a matrix x is taken alone: write ${name.text} x, and what is added or multiplied beside it`,
        );
    if (this.isPower())
      throw new Stop(
        x.from,
        this.here.to,
        `directly after a matrix x is taken alone: ${name.text} cannot stand before a power of it`,
      );
    this.word(x, "input", "x");
    this.parameter(name, "input", false);
    const ofInput = product(name.text, input);
    return this.startsValue() ? times(ofInput, ...factorsOf(this.beside())) : ofInput;
  }

  private startsValue(): boolean {
    const { kind, text } = this.here;
    return kind === "name" || kind === "number" || text === "(";
  }

  private isPower(): boolean {
    return this.here.text === "²" || this.here.text === "^";
  }

  private powerOf(of: Expression): Expression {
    if (!this.isPower()) return of;
    const sign = this.here;
    this.at++;
    const exponent = sign.text === "²" ? constant(2) : this.exponent(sign);
    if (this.isPower()) throw stopAt(this.here, "a power of a power needs parentheses: (a²)²");
    return exponent.kind === "constant" && exponent.value === 2 ? apply("square", of) : power(of, exponent);
  }

  private exponent(sign: Token): Expression {
    const isNegative = this.take("−") !== null;
    const token = this.here;
    const value =
      token.kind === "name" ? this.constants.get(token.text) : token.kind === "number" ? this.number(token) : undefined;
    if (value === undefined || this.next.text === "'")
      throw new Stop(sign.from, token.to, `expected a number or a constant after ^, found ${found(token)}`);
    this.at++;
    this.word(token, token.kind === "name" ? "constant" : "number", token.text);
    const magnitude = token.kind === "name" ? named(token.text, value) : constant(value);
    if (!isNegative) return magnitude;
    return magnitude.kind === "constant" ? constant(-value) : negative(magnitude);
  }

  private number(token: Token): number {
    const value = Number(token.text.replace("−", "-"));
    if (!Number.isFinite(value)) throw stopAt(token, `${token.text} is beyond double range`);
    return value;
  }

  private nested<T>(work: () => T): T {
    if (++this.depth > deepest) throw stopAt(this.here, `nested more than ${deepest} deep`);
    const result = work();
    this.depth--;
    return result;
  }

  private value(): Expression {
    const token = this.here;
    if (token.kind === "number") {
      this.at++;
      this.word(token, "number", token.text);
      return constant(this.number(token));
    }
    if (token.text === "(") {
      this.at++;
      const inner = this.nested(() => this.sum());
      if (!this.take(")"))
        throw stopAt(this.here, `expected ) for the parenthesis that opens here before it, found ${found(this.here)}`);
      return inner;
    }
    if (token.kind !== "name")
      throw stopAt(
        token,
        token.text === "'" || token.text === "["
          ? "a prime stands directly behind a quantity's name"
          : `expected a name, a number or a parenthesis, found ${found(token)}`,
      );
    return this.nameValue(token);
  }

  /** Whether a name is none of the others: then it is a parameter. */
  private isParameter({ text, to }: Token): boolean {
    if (this.next.text === "(" && this.next.from === to) return false;
    if (Object.hasOwn(equationFunctions, text) || text === "x" || text.endsWith("_prev")) return false;
    if (this.next.text === "'" || this.next.text === "[") return false;
    return !this.quantities.has(text) && !this.constants.has(text);
  }

  private nameValue(token: Token): Expression {
    const { text: name, to } = token;
    const isCall = this.next.text === "(" && (this.next.from === to || Object.hasOwn(equationFunctions, name));
    if (isCall || Object.hasOwn(equationFunctions, name)) return this.call(token, isCall);
    const prime = this.takePrime(token);
    if (prime) {
      this.word(token, "state", prime.base, prime.to);
      this.states.add(prime.base);
      return before(prime.base);
    }
    if (name === "x") {
      this.word(token, "input", "x");
      this.inputAsVector ??= { kind: "equation", equation: this.equation, from: token.from, to };
      return input;
    }
    const constantValue = this.constants.get(name);
    if (constantValue !== undefined) {
      this.word(token, "constant", name);
      return named(name, constantValue);
    }
    if (this.quantities.get(name)! >= this.equation)
      throw stopAt(
        token,
        `${name} is used before it is defined, in line ${this.quantities.get(name)! + 1}: ${name}' is the step before's`,
      );
    this.word(token, "quantity", name);
    return now(name);
  }

  /** Takes a name with what makes it the step before's: a prime, `[t-1]`, or `_prev` within it. Else takes the name alone. */
  private takePrime(token: Token): { base: string; to: number } | null {
    const { text: name } = token;
    this.at++;
    const suffix = name.endsWith("_prev") ? "_prev" : "";
    const base = suffix ? name.slice(0, -suffix.length) : name;
    let end = token.to;
    let isPrimed = suffix !== "";
    const mark = this.here;
    if (mark.text === "'" || mark.text === "[") {
      if (isPrimed) throw stopAt(mark, `${name} is the step before's already: an equation reaches no further back`);
      if (mark.from !== token.to)
        throw stopAt(mark, `${mark.text === "'" ? "a prime" : "[t-1]"} stands directly behind its name`);
      this.at++;
      isPrimed = true;
      if (mark.text === "[") {
        const spelt = this.tokens.slice(this.at, this.at + 4);
        if (spelt.map(({ text }) => text).join("") !== "t−1]")
          throw new Stop(
            token.from,
            spelt.at(-1)?.to ?? mark.to,
            `expected ${name}[t-1], the step before's: an equation reaches one step back`,
          );
        this.at += 4;
      }
      end = this.tokens[this.at - 1]!.to;
      if ((this.here.text === "'" || this.here.text === "[") && this.here.from === end)
        throw stopAt(this.here, `${name}' is the step before's: an equation reaches no further back`);
    }
    if (!isPrimed) return null;
    const whole = (message: string) => new Stop(token.from, end, message);
    if (base === "x") throw this.primeOnInput(token, end);
    if (this.constants.has(base))
      throw whole(`${base} is a constant, the same at every step: expected ${base} without a prime`);
    if (!this.quantities.has(base)) {
      const near = base.length > 1 ? nearest(base, [...this.quantities.keys()]) : null;
      throw whole(
        `${base}${suffix || "'"} would be ${base || "a quantity"} at the step before, but no equation names ${base || "it"}${near === null ? "" : `: did you mean ${near}${suffix || "'"}?`}`,
      );
    }
    return { base, to: end };
  }

  private primeOnInput(x: Token, end = this.here.to): Stop {
    return new Stop(
      x.from,
      end,
      "x is the input of this step alone: to use the one before, keep it in a quantity, u = x, and read u'",
    );
  }

  private call(token: Token, isCall: boolean): Expression {
    const { text: name } = token;
    const described = Object.hasOwn(equationFunctions, name) ? equationFunctions[name]! : null;
    if (!described) {
      // A short name in capitals is a matrix's, and resembles any short function's.
      const isMatrix = /^\p{Lu}\w{0,2}$/u.test(name);
      const near = isMatrix
        ? null
        : (otherNames.get(name.toLowerCase()) ?? nearest(name, Object.keys(equationFunctions)));
      const isKnown = name === "x" || this.quantities.has(name) || this.constants.has(name);
      throw stopAt(
        token,
        near !== null && !isKnown
          ? `there is no function ${name}: did you mean ${near}?`
          : isKnown
            ? `${name} is no function: leave a space before the parenthesis, ${name} (…), to multiply`
            : `there is no function ${name}: a matrix before a parenthesis has a space, ${name} (…)`,
      );
    }
    if (!isCall) {
      if (this.next.text === "²" || this.next.text === "^")
        throw new Stop(
          token.from,
          this.next.to,
          `a function has no power: write ${name}(…)${this.next.text === "²" ? "²" : "^…"}`,
        );
      throw stopAt(token, `${name} needs its parenthesis: ${name}(…)`);
    }
    this.word(token, "function", name);
    this.at += 2;
    const args: Expression[] = [];
    if (this.here.text !== ")")
      do args.push(this.nested(() => this.sum()));
      while (this.take(","));
    const closing = this.here;
    if (!this.take(")")) throw stopAt(closing, `expected ) for ${name}(, found ${found(closing)}`);
    if (args.length !== described.arguments)
      throw new Stop(
        token.from,
        closing.to,
        `${name} takes ${described.arguments === 1 ? "one argument" : "two arguments"}, found ${args.length}`,
      );
    return described.arguments === 1 ? described.of(args[0]!) : described.of(args[0]!, args[1]!);
  }

  /** Notes what shape a parameter has here; it must be the same everywhere. */
  private parameter(token: Token, cols: "input" | "hidden" | null, isPowered: boolean): void {
    const { text: name } = token;
    const known = this.parameters.get(name);
    if (!known) {
      let wrong = false;
      this.checkName(name, (message) => {
        this.fault(token.from, token.to, message);
        wrong = true;
      });
      if (wrong) return;
      this.parameters.set(name, { cols, equation: this.equation });
    } else if (known.cols !== cols) {
      const there = `in line ${known.equation + 1}`;
      this.fault(
        token.from,
        token.to,
        isPowered
          ? `${name} is a matrix ${there}, and a matrix has no power`
          : known.cols !== null && cols !== null
            ? `${name} is ${shapeNames[cols]} here and ${shapeNames[known.cols]} ${there}`
            : `${name} is ${cols === null ? "a vector" : "a matrix"} here and ${known.cols === null ? "a vector" : "a matrix"} ${there}`,
      );
    }
    this.word(token, "parameter", name);
  }
}

const shapeNames = { input: "[H × X], before x,", hidden: "[H × H], before something else," } as const;

const factorsOf = (expression: Expression): readonly Expression[] =>
  expression.kind === "times" ? expression.factors : [expression];

const stopAt = ({ from, to }: Token, message: string): Stop => new Stop(from, to, message);

function found({ kind, text }: Token): string {
  return kind === "end" ? "the end" : text;
}

/** The tokens of an equation, with one for its end, which stands on its last character. */
function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let from = 0; from < text.length; ) {
    const rest = text.slice(from);
    const space = /^\s+/.exec(rest);
    if (space) {
      from += space[0].length;
      continue;
    }
    const token = tokenAt(rest, from);
    tokens.push(token);
    from = token.to;
  }
  const last = tokens.at(-1);
  tokens.push({ kind: "end", text: "", from: last ? last.to - 1 : 0, to: last?.to ?? 0 });
  return tokens;
}

function tokenAt(rest: string, from: number): Token {
  const odd = oddLetters.exec(rest)?.[0];
  if (odd !== undefined)
    throw new Stop(
      from,
      from + odd.length,
      `${odd} is no letter of a name: the step before's is written with ', as in h'`,
    );
  const name = namePattern.exec(rest)?.[0] ?? (rest.startsWith("√") ? "√" : undefined);
  if (name !== undefined) return { kind: "name", text: name.normalize("NFC"), from, to: from + name.length };
  const number = numberPattern.exec(rest)?.[0];
  if (number !== undefined) return { kind: "number", text: number, from, to: from + number.length };
  const character = String.fromCodePoint(rest.codePointAt(0)!);
  const stranger = Object.keys(strangers).find((sign) => rest.startsWith(sign));
  if (stranger !== undefined)
    throw new Stop(
      from,
      from + stranger.length,
      `${stranger} means nothing in an equation: write ${strangers[stranger]}`,
    );
  const sign = spellings[character] ?? character;
  if (!"+−∘/()[],=^²'".includes(sign))
    throw new Stop(from, from + character.length, `${JSON.stringify(character)} means nothing in an equation`);
  return { kind: "sign", text: sign, from, to: from + character.length };
}
