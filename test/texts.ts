import fc from "fast-check";

/** Texts that mean something to one of those who read what we write: all harmless, and each a kind. */
export const meaningfulTexts: readonly string[] = [
  "",
  " ",
  "a|b",
  "a\\|b",
  "`x`",
  "\r![pixel](https://example.invalid/pixel.png)",
  "![pixel](https://example.invalid/pixel.png)",
  "[text](command:workbench.action.openSettings)",
  "<img src=pixel.png>",
  "<!-- ",
  "</code></table>",
  "&lt;b&gt;",
  "https://example.invalid/ www.example.invalid a@example.invalid",
  "$x$ $$ \\( \\[",
  "\\end{aligned} \\href{https://example.invalid}{x}",
  '"""',
  "'''\\",
  "\\N{BULLET}\\x41\\",
  "\u0000",
  "\u001b[31mred",
  "\u009b31m",
  "\ud800",
  "x\udc00\ud800y",
  "\u202eright to left",
  "line\nbreak\r\n\u2028",
  "# -*- coding: utf_7 -*-",
  "+AF8-",
  "- list\n1. list",
  "𝄞日本é",
];

/** Any text at all: halves of surrogate pairs, controls and what programs read as a sign are as likely as letters. */
export const texts: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...meaningfulTexts),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)), maxLength: 20 }),
  fc.string({ unit: fc.constantFrom(...Array.from("\\`*_{}[]()<>#+-.!|$&~^@:/\"'\n\r\t a1")), maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 20 }),
);
