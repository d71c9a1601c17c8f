import assert from "node:assert/strict";
import * as fc from "fast-check";
import { ColorScale, contrast, inkOn, mix, parseColor, type Rgb, type ThemeKind } from "../../webview/colors";

const backgrounds: Record<ThemeKind, Rgb> = {
  dark: [31, 31, 31],
  light: [255, 255, 255],
  highContrastDark: [0, 0, 0],
  highContrastLight: [255, 255, 255],
};
const kinds = Object.keys(backgrounds) as ThemeKind[];
const rgb = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255));

describe("colours", () => {
  it("are read from hexadecimal and rgb() text", () => {
    assert.deepEqual(parseColor("#1f2e3d"), [31, 46, 61]);
    assert.deepEqual(parseColor(" #abc "), [170, 187, 204]);
    assert.deepEqual(parseColor("#ffffffb3"), [255, 255, 255]);
    assert.deepEqual(parseColor("rgba(1, 20, 255, 0.5)"), [1, 20, 255]);
    assert.equal(parseColor("orange"), null);
  });
  it("mixed by 0 and by 1 are the colours themselves", () => {
    fc.assert(
      fc.property(rgb, rgb, (a, b) => {
        assert.deepEqual(mix(a, b, 0), a);
        assert.deepEqual(mix(a, b, 1), b);
      }),
    );
  });
  it("have the contrast that WCAG gives for black on white", () => {
    assert.equal(contrast([0, 0, 0], [255, 255, 255]), 21);
    // WCAG's often quoted limit case: #767676 on white
    assert.ok(Math.abs(contrast([118, 118, 118], [255, 255, 255]) - 4.54) < 0.01);
  });
  it("carry ink with a contrast of at least 4.5 anywhere", () => {
    fc.assert(fc.property(rgb, (color) => contrast(inkOn(color), color) >= 4.5));
  });
});

describe("the diverging scale", () => {
  for (const kind of kinds) {
    const scale = new ColorScale(kind, backgrounds[kind]);
    it(`is the background at 0 (${kind})`, () => assert.deepEqual(scale.color(0, 1), backgrounds[kind]));
    it(`moves away from the background with the size of a number, to orange above 0 and to blue below it (${kind})`, () => {
      const away = [0, 0.25, 0.5, 0.75, 1].map((v) => contrast(scale.color(v, 1), backgrounds[kind]));
      assert.deepEqual(
        away,
        away.toSorted((a, b) => a - b),
      );
      const [r, , b] = scale.color(1, 1);
      assert.ok(r > b);
      const [negativeRed, , negativeBlue] = scale.color(-1, 1);
      assert.ok(negativeBlue > negativeRed);
    });
    it(`has ends that stand out from the background by 3 to 1 (${kind})`, () => {
      for (const end of [-1, 1]) assert.ok(contrast(scale.color(end, 1), backgrounds[kind]) >= 3);
    });
  }
  const scale = new ColorScale("dark", backgrounds.dark);
  it("shows a value beyond the scale as its end, and every value as 0 on a scale of 0", () => {
    assert.deepEqual(scale.color(7, 2), scale.color(2, 2));
    assert.deepEqual(scale.color(7, 0), backgrounds.dark);
  });
  it("has one colour of its own for NaN and the infinities", () => {
    for (const value of [Number.NaN, Infinity, -Infinity]) assert.deepEqual(scale.color(value, 1), scale.nonFinite);
    assert.notDeepEqual(scale.nonFinite, scale.color(1, 1));
  });
  it("packs the same colours as opaque little-endian pixels", () => {
    const [r, g, b] = scale.color(0.3, 1);
    const bytes = new Uint8Array(scale.packed.buffer, 4 * scale.index(0.3, 1), 4);
    assert.deepEqual([...bytes], [r, g, b, 255]);
  });
});
