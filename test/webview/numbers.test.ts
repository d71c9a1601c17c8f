import assert from "node:assert/strict";
import {
  formatDuration,
  formatExact,
  formatNumber,
  formatShort,
  formatToFit,
  plainNumber,
} from "../../webview/numbers";

describe("numbers as text", () => {
  it("have four significant digits and the true minus sign", () => {
    assert.equal(formatNumber(0.46211715726000974, 4), "0.4621");
    assert.equal(formatNumber(-0.20464571679388185, 4), "−0.2046");
    assert.equal(formatNumber(5.573534245472742, 4), "5.574");
    assert.equal(formatNumber(12345.678, 4), "12346");
  });
  it("carry when rounding makes another digit", () => {
    assert.equal(formatNumber(0.99996, 4), "1.000");
    assert.equal(formatNumber(99999.99, 3), "100000");
  });
  it("use an exponent below 1e-4 and from a million on", () => {
    assert.equal(formatNumber(0.00012344, 4), "0.0001234");
    assert.equal(formatNumber(0.000012345, 3), "1.23e−5");
    assert.equal(formatNumber(-1234567, 4), "−1.235e6");
  });
  it("show zero, infinity and NaN as such", () => {
    assert.deepEqual(
      [0, -0, Infinity, -Infinity, Number.NaN].map((value) => formatNumber(value, 4)),
      ["0", "0", "∞", "−∞", "NaN"],
    );
  });
  it("that are short have no zeros that only fill up, and keep those that count", () => {
    assert.deepEqual(
      [1, 0.25, -2, 100, 1200, 0.3333333, 1e-7, 2500000, 0].map((value) => formatShort(value, 4)),
      ["1", "0.25", "−2", "100", "1200", "0.3333", "1e−7", "2.5e6", "0"],
    );
  });
  it("lose digits rather than be cut off, and vanish where two do not fit", () => {
    assert.equal(formatToFit(-0.20464571679388185, 4, 7), "−0.2046");
    assert.equal(formatToFit(-0.20464571679388185, 4, 6), "−0.205");
    assert.equal(formatToFit(-0.20464571679388185, 4, 4), null);
    assert.equal(formatToFit(-6.94e-10, 4, 7), "−7e−10");
    assert.equal(formatToFit(-6.94e-10, 4, 5), null);
    assert.equal(formatToFit(-0.000123, 4, 8), "−0.00012");
    assert.equal(formatToFit(-0.000123, 4, 7), "−1e−4");
  });
  it("whole, read back as the same double", () => {
    assert.equal(formatExact(-0.20464571679388185), "−0.20464571679388185");
    assert.equal(Number(plainNumber(0.1 + 0.2)), 0.1 + 0.2);
    assert.equal(plainNumber(-1e-300), "-1e-300");
  });
  it("of seconds are said in the largest units that matter", () => {
    assert.deepEqual([0.3, 12.4, 125, 3900].map(formatDuration), ["under 1 s", "12 s", "2 min 5 s", "1 h 5 min"]);
  });
});
