import assert from "node:assert/strict";
import { readEquations } from "../../src/engine/equations";
import { expressionText } from "../../src/engine/expressionText";

/** What is wrong, as [equation, the characters it is about, the message]. */
function faultsOf(texts: readonly string[], constants: Readonly<Record<string, number>> = {}) {
  return readEquations(texts, constants).faults.map(({ place, message }) =>
    place.kind === "constant"
      ? ["constant", place.name, message]
      : [place.equation, texts[place.equation]!.slice(place.from, place.to), message],
  );
}

/** The right side of the last equation, as it is understood. */
function understood(
  text: string,
  more: readonly string[] = [],
  constants: Readonly<Record<string, number>> = { α: 2 },
) {
  const { equations, faults } = readEquations([...more, `h = ${text}`], constants);
  assert.deepEqual(faults, []);
  return expressionText(equations.at(-1)!.expression);
}

/** Shapes by name, as the equations have them. */
function shapesOf(...texts: readonly string[]) {
  const { parameters, faults } = readEquations(texts, { α: 2 });
  assert.deepEqual(faults, []);
  return parameters.map(({ name, cols }) => `${name} ${cols === null ? "[H]" : cols === "input" ? "[H×X]" : "[H×H]"}`);
}

describe("A cell's equations", () => {
  it("have parameters in the order of first appearance, their shapes read off where they stand", () => {
    assert.deepEqual(shapesOf("i = σ(Wxi x + Whi h' + pi ∘ c' + bi)", "c = i ∘ c' + Whn (i ∘ h')", "h = tanh(c)"), [
      "Wxi [H×X]",
      "Whi [H×H]",
      "pi [H]",
      "bi [H]",
      "Whn [H×H]",
    ]);
    assert.deepEqual(shapesOf("h = A B x"), ["A [H×H]", "B [H×X]"]);
    assert.deepEqual(shapesOf("h = W (x) + γ ∘ b + d² h'"), ["W [H×X]", "γ [H]", "b [H]", "d [H]"]);
    assert.deepEqual(shapesOf("h = W 2 + U tanh(h') + V α"), ["W [H×H]", "U [H×H]", "V [H×H]"]);
  });

  it("have the states that they take from the step before, in any spelling, h first", () => {
    const { states } = readEquations(["m = n_prev + h′ + h’", "n = m + h[t-1] + m[t − 1]", "h = h' + h_prev"], {});
    assert.deepEqual(states, ["h", "m", "n"]);
    assert.deepEqual(readEquations(["h = Wx x"], {}).states, []);
  });

  it("are grouped as a person reads them", () => {
    assert.equal(understood("a / b ∘ c"), "a / b ∘ c");
    const quotient = readEquations(["h = a / b ∘ c"], {}).equations[0]!.expression;
    assert.equal(quotient.kind, "times");
    assert.equal(understood("(1 − α) h' + α tanh(b)"), "(1 − α) h_{t−1} + α tanh(b)");
    assert.equal(understood("−b²"), "−b²");
    assert.equal(understood("σ(b)²"), "σ(b)²");
    assert.equal(understood("h'²"), "h_{t−1}²");
    assert.equal(understood("b ∘ −c"), "b ∘ (−c)");
    assert.equal(understood("W h' c'", ["c = 1"]), "W (h_{t−1} ∘ c_{t−1})");
    assert.equal(understood("W x h'"), "W x_t ∘ h_{t−1}");
    assert.equal(understood("b^-α * c · d"), "b^(−α) ∘ c ∘ d");
    assert.equal(understood("b - (c - d) - e"), "b − (c − d) − e");
    assert.equal(understood("2h'"), "2 h_{t−1}");
    assert.equal(understood("√(b) + sqrt(b) + sigmoid(b) + σ(b)"), "√b + √b + σ(b) + σ(b)");
    assert.equal(understood("min(b, max(−c, 1e-5)) / .5"), "min(b, max(−c, 0.00001)) / 0.5");
  });

  it("compare names in NFC", () => {
    assert.equal(understood("c\u0302", ["ĉ = 1"]), "ĉ_t".normalize("NFC"));
  });

  const wrong: Readonly<Record<string, readonly [readonly string[], ...(readonly [number, string, string])[]]>> = {
    "a function that there is not": [["h = tahn(Wxh x)"], [0, "tahn", "there is no function tahn: did you mean tanh?"]],
    "a function by another name of it": [
      ["h = sigma(Wxh x)"],
      [0, "sigma", "there is no function sigma: did you mean σ?"],
    ],
    "a name that every object has": [
      ["h = constructor(Wxh x)"],
      [
        0,
        "constructor",
        "there is no function constructor: a matrix before a parenthesis has a space, constructor (…)",
      ],
    ],
    "a matrix of a short name against its parenthesis": [
      ["h = W(h')"],
      [0, "W", "there is no function W: a matrix before a parenthesis has a space, W (…)"],
    ],
    "a matrix written against its parenthesis": [
      ["h = Whh(h')"],
      [0, "Whh", "there is no function Whh: a matrix before a parenthesis has a space, Whh (…)"],
    ],
    "a quantity written against a parenthesis": [
      ["a = 1", "h = a(h')"],
      [1, "a", "a is no function: leave a space before the parenthesis, a (…), to multiply"],
    ],
    "a call without its parenthesis": [["h = tanh Wx x"], [0, "tanh", "tanh needs its parenthesis: tanh(…)"]],
    "a power of a function": [["h = tanh²(Wx x)"], [0, "tanh²", "a function has no power: write tanh(…)²"]],
    "a power of x after a matrix": [
      ["h = Wxh x²"],
      [0, "x²", "directly after a matrix x is taken alone: Wxh cannot stand before a power of it"],
    ],
    "a sum with x after a matrix": [
      ["h = Wxh (x + b)"],
      [0, "(x +", "directly after a matrix x is taken alone: write Wxh x, and what is added or multiplied beside it"],
    ],
    "a quantity before its equation": [
      ["a = q + Wx x", "q = a", "h = q"],
      [0, "q", "q is used before it is defined, in line 2: q' is the step before's"],
    ],
    "a quantity in its own equation": [
      ["a = a + 1", "h = a"],
      [0, "a", "a is used before it is defined, in line 1: a' is the step before's"],
    ],
    "two equations of one name": [
      ["a = 1", "a = 2", "h = a"],
      [1, "a", "a has an equation already, in line 1"],
    ],
    "a prime on x": [
      ["h = x' + b"],
      [0, "x'", "x is the input of this step alone: to use the one before, keep it in a quantity, u = x, and read u'"],
    ],
    "a prime on what is no quantity": [
      ["h = b'"],
      [0, "b'", "b' would be b at the step before, but no equation names b"],
    ],
    "_prev on what is no quantity": [
      ["gate = 1", "h = gaet_prev"],
      [
        1,
        "gaet_prev",
        "gaet_prev would be gaet at the step before, but no equation names gaet: did you mean gate_prev?",
      ],
    ],
    "a prime on a constant": [
      ["h = α'"],
      [0, "α'", "α is a constant, the same at every step: expected α without a prime"],
    ],
    "two primes": [["h = h''"], [0, "'", "h' is the step before's: an equation reaches no further back"]],
    "a step further back": [
      ["h = h[t-2]"],
      [0, "h[t-2]", "expected h[t-1], the step before's: an equation reaches one step back"],
    ],
    "a name that ends in _prev": [
      ["b_prev = 2", "h = 1"],
      [0, "b_prev", "b_prev is how b of the step before is written: expected another name"],
    ],
    "a vector that is a matrix elsewhere": [
      ["i = Whn x", "h = i + Whn"],
      [1, "Whn", "Whn is a vector here and a matrix in line 1"],
    ],
    "a matrix that is a vector elsewhere": [
      ["i = Whn + b", "h = i + Whn h'"],
      [1, "Whn", "Whn is a matrix here and a vector in line 1"],
    ],
    "a matrix of two shapes": [
      ["i = Whn h'", "h = i + Whn x"],
      [1, "Whn", "Whn is [H × X], before x, here and [H × H], before something else, in line 1"],
    ],
    "a power of a matrix": [
      ["i = Whn h'", "h = i + Whn²"],
      [1, "Whn", "Whn is a matrix in line 1, and a matrix has no power"],
    ],
    "side by side on the right of /": [
      ["h = 1/2 (1 + h')"],
      [
        0,
        "(",
        "side by side on the right of / can be read in two ways: put what is divided by into parentheses, or write ∘ after it, as in dt/τ ∘ (…)",
      ],
    ],
    "a power of a power": [["h = b²²"], [0, "²", "a power of a power needs parentheses: (a²)²"]],
    "an exponent that is no number": [["h = b^c"], [0, "^c", "expected a number or a constant after ^, found c"]],
    "a minus after a plus": [
      ["h = b + −c"],
      [0, "−", "a minus may not follow +: write it in parentheses, or leave one of them out"],
    ],
    "too many arguments": [["h = tanh(b, c)"], [0, "tanh(b, c)", "tanh takes one argument, found 2"]],
    "too few arguments": [["h = min(b)"], [0, "min(b)", "min takes two arguments, found 1"]],
    "nothing after an operator": [["h = b +"], [0, "+", "expected a name, a number or a parenthesis, found the end"]],
    "no right side": [["h ="], [0, "=", "expected a name, a number or a parenthesis, found the end"]],
    "nothing at all": [[""], [0, "", "the equation is empty: expected name = …"]],
    "no left side": [["= b"], [0, "=", "expected the quantity that the equation names, as in a = …, found ="]],
    "a prime on the left": [["h' = b"], [0, "'", "an equation names a quantity of this step: expected h = …"]],
    "a parenthesis that is not closed": [
      ["h = (b"],
      [0, "b", "expected ) for the parenthesis that opens here before it, found the end"],
    ],
    "a parenthesis that closes nothing": [["h = b)"], [0, ")", "this parenthesis closes nothing"]],
    "two equality signs": [["h = b = c"], [0, "=", "an equation has one ="]],
    "a last equation that is not h's": [["a = b"], [0, "a", "the last equation is h's: expected h = …, found a = …"]],
    "h with its time": [["h_t = b"], [0, "h_t", "the last equation is h's: write h, without its time"]],
    "a sign of other books": [["h = b × c"], [0, "×", "× means nothing in an equation: write ∘"]],
    "a sign of no book": [["h = {b}"], [0, "{", '"{" means nothing in an equation']],
    "a letter that looks like a prime": [
      ["h = hʹ"],
      [0, "hʹ", "hʹ is no letter of a name: the step before's is written with ', as in h'"],
    ],
    "a quantity with a function's name": [
      ["tanh = b", "h = 1"],
      [0, "tanh", "tanh is a function: expected another name"],
    ],
    "a quantity called x": [
      ["x = b", "h = 1"],
      [0, "x", "x is the layer's input: expected another name"],
    ],
    "a parameter with a key's name": [
      ["h = size ∘ b"],
      [0, "size", "size is a key of every layer: expected another name"],
    ],
    "a parameter with a state's first name": [
      ["m = m' + m0", "h = m"],
      [0, "m0", "m0 is how a layer gives the first m: expected another name"],
    ],
    "a number beyond double range": [["h = 1e999 b"], [0, "1e999", "1e999 is beyond double range"]],
    "a hundred brackets": [[`h = ${"(".repeat(200)}b${")".repeat(200)}`], [0, "(", "nested more than 100 deep"]],
  };
  for (const [title, [texts, ...faults]] of Object.entries(wrong))
    it(`say where they are wrong: ${title}`, () => assert.deepEqual(faultsOf(texts, { α: 1 }), faults));

  it("say which constants have no good names", () => {
    assert.deepEqual(faultsOf(["h = 1"], { "1a": 1, tanh: 2, x: 3, ok_prev: 1 }), [
      ["constant", "1a", '"1a" is no name: expected letters, 0 to 9 and _, beginning with a letter'],
      ["constant", "tanh", "tanh is a function: expected another name"],
      ["constant", "x", "x is the layer's input: expected another name"],
      ["constant", "ok_prev", "ok_prev is how ok of the step before is written: expected another name"],
    ]);
    assert.deepEqual(faultsOf(["a = 1", "h = a"], { a: 2 }), [
      [0, "a", "a is a constant of this cell, so no equation can name it"],
    ]);
  });

  it("tell everything that is wrong, not the first alone", () => {
    assert.deepEqual(
      faultsOf(["a = tahn(b)", "c = a +", "h = c'' + a"]).map(([equation, place]) => [equation, place]),
      [
        [0, "tahn"],
        [1, "+"],
        [2, "'"],
      ],
    );
  });

  it("doubt a parameter that looks like something else", () => {
    const { doubts } = readEquations(["h = Wxh x_t + slgmoid (h')"], {});
    assert.deepEqual(
      doubts.map(({ message }) => message),
      [
        "x_t is a parameter here: of this step x is written without its time",
        "slgmoid is a parameter here: the function is sigmoid",
      ],
    );
  });
});
