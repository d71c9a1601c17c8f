/** The operations of the built-in cells as a student reads them. */
import assert from "node:assert/strict";
import { cells } from "../../src/engine/cells";
import { expressionText, gradientText } from "../../src/engine/expressionText";
import { optionsOf } from "../../src/engine/variants";

const textbook: Readonly<Record<string, readonly string[]>> = {
  "rnn tanh": [
    "a_t = Wxh x_t + Whh h_{t−1} + bh",
    "h_t = tanh(a_t)",
    "∂L/∂h_t = from above + Whhᵀ ∂L/∂a_{t+1}",
    "∂L/∂a_t = ∂L/∂h_t ∘ (1 − h_t²)",
    "dWxh += ∂L/∂a_t x_tᵀ",
    "dWhh += ∂L/∂a_t h_{t−1}ᵀ",
    "dbh += ∂L/∂a_t",
    "∂L/∂x_t = Wxhᵀ ∂L/∂a_t",
  ],
  "rnn relu": [
    "a_t = Wxh x_t + Whh h_{t−1} + bh",
    "h_t = relu(a_t)",
    "∂L/∂h_t = from above + Whhᵀ ∂L/∂a_{t+1}",
    "∂L/∂a_t = ∂L/∂h_t ∘ [a_t > 0]",
    "dWxh += ∂L/∂a_t x_tᵀ",
    "dWhh += ∂L/∂a_t h_{t−1}ᵀ",
    "dbh += ∂L/∂a_t",
    "∂L/∂x_t = Wxhᵀ ∂L/∂a_t",
  ],
  "rnn sigmoid": [
    "a_t = Wxh x_t + Whh h_{t−1} + bh",
    "h_t = σ(a_t)",
    "∂L/∂h_t = from above + Whhᵀ ∂L/∂a_{t+1}",
    "∂L/∂a_t = ∂L/∂h_t ∘ h_t ∘ (1 − h_t)",
    "dWxh += ∂L/∂a_t x_tᵀ",
    "dWhh += ∂L/∂a_t h_{t−1}ᵀ",
    "dbh += ∂L/∂a_t",
    "∂L/∂x_t = Wxhᵀ ∂L/∂a_t",
  ],
  "rnn linear": [
    "a_t = Wxh x_t + Whh h_{t−1} + bh",
    "h_t = a_t",
    "∂L/∂h_t = from above + Whhᵀ ∂L/∂a_{t+1}",
    "∂L/∂a_t = ∂L/∂h_t",
    "dWxh += ∂L/∂a_t x_tᵀ",
    "dWhh += ∂L/∂a_t h_{t−1}ᵀ",
    "dbh += ∂L/∂a_t",
    "∂L/∂x_t = Wxhᵀ ∂L/∂a_t",
  ],
  lstm: [
    "i_t = σ(Wxi x_t + Whi h_{t−1} + bi)",
    "f_t = σ(Wxf x_t + Whf h_{t−1} + bf)",
    "g_t = tanh(Wxg x_t + Whg h_{t−1} + bg)",
    "o_t = σ(Wxo x_t + Who h_{t−1} + bo)",
    "c_t = f_t ∘ c_{t−1} + i_t ∘ g_t",
    "h_t = o_t ∘ tanh(c_t)",
    "∂L/∂h_t = from above + Whiᵀ ∂L/∂a^i_{t+1} + Whfᵀ ∂L/∂a^f_{t+1} + Whgᵀ ∂L/∂a^g_{t+1} + Whoᵀ ∂L/∂a^o_{t+1}",
    "∂L/∂a^o_t = ∂L/∂h_t ∘ tanh(c_t) ∘ o_t ∘ (1 − o_t)",
    "∂L/∂c_t = ∂L/∂c_{t+1} ∘ f_{t+1} + ∂L/∂h_t ∘ o_t ∘ (1 − tanh(c_t)²)",
    "∂L/∂a^i_t = ∂L/∂c_t ∘ g_t ∘ i_t ∘ (1 − i_t)",
    "∂L/∂a^f_t = ∂L/∂c_t ∘ c_{t−1} ∘ f_t ∘ (1 − f_t)",
    "∂L/∂a^g_t = ∂L/∂c_t ∘ i_t ∘ (1 − g_t²)",
    "dWxi += ∂L/∂a^i_t x_tᵀ",
    "dWhi += ∂L/∂a^i_t h_{t−1}ᵀ",
    "dbi += ∂L/∂a^i_t",
    "dWxf += ∂L/∂a^f_t x_tᵀ",
    "dWhf += ∂L/∂a^f_t h_{t−1}ᵀ",
    "dbf += ∂L/∂a^f_t",
    "dWxg += ∂L/∂a^g_t x_tᵀ",
    "dWhg += ∂L/∂a^g_t h_{t−1}ᵀ",
    "dbg += ∂L/∂a^g_t",
    "dWxo += ∂L/∂a^o_t x_tᵀ",
    "dWho += ∂L/∂a^o_t h_{t−1}ᵀ",
    "dbo += ∂L/∂a^o_t",
    "∂L/∂x_t = Wxiᵀ ∂L/∂a^i_t + Wxfᵀ ∂L/∂a^f_t + Wxgᵀ ∂L/∂a^g_t + Wxoᵀ ∂L/∂a^o_t",
  ],
  "gru after": [
    "r_t = σ(Wxr x_t + Whr h_{t−1} + br)",
    "z_t = σ(Wxz x_t + Whz h_{t−1} + bz)",
    "q_t = Whn h_{t−1} + bhn",
    "n_t = tanh(Wxn x_t + bn + r_t ∘ q_t)",
    "h_t = (1 − z_t) ∘ n_t + z_t ∘ h_{t−1}",
    "∂L/∂h_t = from above + ∂L/∂h_{t+1} ∘ z_{t+1} + Whrᵀ ∂L/∂a^r_{t+1} + Whzᵀ ∂L/∂a^z_{t+1} + Whnᵀ ∂L/∂q_{t+1}",
    "∂L/∂a^z_t = ∂L/∂h_t ∘ (h_{t−1} − n_t) ∘ z_t ∘ (1 − z_t)",
    "∂L/∂a^n_t = ∂L/∂h_t ∘ (1 − z_t) ∘ (1 − n_t²)",
    "∂L/∂q_t = ∂L/∂a^n_t ∘ r_t",
    "∂L/∂a^r_t = ∂L/∂a^n_t ∘ q_t ∘ r_t ∘ (1 − r_t)",
    "dWxr += ∂L/∂a^r_t x_tᵀ",
    "dWhr += ∂L/∂a^r_t h_{t−1}ᵀ",
    "dbr += ∂L/∂a^r_t",
    "dWxz += ∂L/∂a^z_t x_tᵀ",
    "dWhz += ∂L/∂a^z_t h_{t−1}ᵀ",
    "dbz += ∂L/∂a^z_t",
    "dWxn += ∂L/∂a^n_t x_tᵀ",
    "dWhn += ∂L/∂q_t h_{t−1}ᵀ",
    "dbn += ∂L/∂a^n_t",
    "dbhn += ∂L/∂q_t",
    "∂L/∂x_t = Wxrᵀ ∂L/∂a^r_t + Wxzᵀ ∂L/∂a^z_t + Wxnᵀ ∂L/∂a^n_t",
  ],
  "gru before": [
    "r_t = σ(Wxr x_t + Whr h_{t−1} + br)",
    "z_t = σ(Wxz x_t + Whz h_{t−1} + bz)",
    "q_t = r_t ∘ h_{t−1}",
    "n_t = tanh(Wxn x_t + Whn q_t + bn)",
    "h_t = (1 − z_t) ∘ n_t + z_t ∘ h_{t−1}",
    "∂L/∂h_t = from above + ∂L/∂h_{t+1} ∘ z_{t+1} + Whrᵀ ∂L/∂a^r_{t+1} + Whzᵀ ∂L/∂a^z_{t+1} + ∂L/∂q_{t+1} ∘ r_{t+1}",
    "∂L/∂a^z_t = ∂L/∂h_t ∘ (h_{t−1} − n_t) ∘ z_t ∘ (1 − z_t)",
    "∂L/∂a^n_t = ∂L/∂h_t ∘ (1 − z_t) ∘ (1 − n_t²)",
    "∂L/∂q_t = Whnᵀ ∂L/∂a^n_t",
    "∂L/∂a^r_t = ∂L/∂q_t ∘ h_{t−1} ∘ r_t ∘ (1 − r_t)",
    "dWxr += ∂L/∂a^r_t x_tᵀ",
    "dWhr += ∂L/∂a^r_t h_{t−1}ᵀ",
    "dbr += ∂L/∂a^r_t",
    "dWxz += ∂L/∂a^z_t x_tᵀ",
    "dWhz += ∂L/∂a^z_t h_{t−1}ᵀ",
    "dbz += ∂L/∂a^z_t",
    "dWxn += ∂L/∂a^n_t x_tᵀ",
    "dWhn += ∂L/∂a^n_t q_tᵀ",
    "dbn += ∂L/∂a^n_t",
    "∂L/∂x_t = Wxrᵀ ∂L/∂a^r_t + Wxzᵀ ∂L/∂a^z_t + Wxnᵀ ∂L/∂a^n_t",
  ],
  "dense linear": [
    "a_t = W x_t + b",
    "h_t = a_t",
    "∂L/∂h_t = from above",
    "∂L/∂a_t = ∂L/∂h_t",
    "dW += ∂L/∂a_t x_tᵀ",
    "db += ∂L/∂a_t",
    "∂L/∂x_t = Wᵀ ∂L/∂a_t",
  ],
  "dense tanh": [
    "a_t = W x_t + b",
    "h_t = tanh(a_t)",
    "∂L/∂h_t = from above",
    "∂L/∂a_t = ∂L/∂h_t ∘ (1 − h_t²)",
    "dW += ∂L/∂a_t x_tᵀ",
    "db += ∂L/∂a_t",
    "∂L/∂x_t = Wᵀ ∂L/∂a_t",
  ],
  "dense relu": [
    "a_t = W x_t + b",
    "h_t = relu(a_t)",
    "∂L/∂h_t = from above",
    "∂L/∂a_t = ∂L/∂h_t ∘ [a_t > 0]",
    "dW += ∂L/∂a_t x_tᵀ",
    "db += ∂L/∂a_t",
    "∂L/∂x_t = Wᵀ ∂L/∂a_t",
  ],
  "dense sigmoid": [
    "a_t = W x_t + b",
    "h_t = σ(a_t)",
    "∂L/∂h_t = from above",
    "∂L/∂a_t = ∂L/∂h_t ∘ h_t ∘ (1 − h_t)",
    "dW += ∂L/∂a_t x_tᵀ",
    "db += ∂L/∂a_t",
    "∂L/∂x_t = Wᵀ ∂L/∂a_t",
  ],
};

describe("the operations of the built-in cells, derived from their equations", () => {
  for (const [kind, cell] of Object.entries(cells))
    for (const options of optionsOf(cell)) {
      const name = [kind, ...Object.values(options)].join(" ");
      it(`read as the textbooks write them (${name})`, () => {
        const quantities = cell.quantities(options).filter((quantity) => quantity.gradientOfPreActivation);
        const preActivations = new Set(quantities.map((quantity) => quantity.name));
        const text = (expression: Parameters<typeof expressionText>[0]) =>
          expressionText(expression, { preActivations });
        assert.deepEqual(
          [
            ...cell.forwardOperations(options).map(({ name, expression }) => `${name}_t = ${text(expression)}`),
            ...cell
              .backwardOperations(options)
              .map(({ name, expression }) => `${gradientText(name, "now", preActivations)} = ${text(expression)}`),
            ...Object.entries(cell.shares(options)).map(([name, share]) => `d${name} += ${text(share)}`),
            `∂L/∂x_t = ${text(cell.inputGradient(options))}`,
          ],
          textbook[name],
        );
      });
    }
});
