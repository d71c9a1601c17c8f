import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { plainMessage } from "../../src/host/plainMessage";
import { meaningfulTexts, texts } from "../texts";

describe("A message", () => {
  it("has no link, whatever a file is called or says: VS Code makes one of brackets and parentheses", () =>
    fc.assert(
      fc.property(texts, texts, texts, (name, words, address) => {
        const message = plainMessage(`Training ${name} [${words}](command:${address})`);
        assert.doesNotMatch(message, /\]\(|[\p{Cc}\p{Cs}]/u);
      }),
      { examples: meaningfulTexts.map((text) => [text, text, text] as [string, string, string]) },
    ));

  it("that is long is cut", () => {
    assert.equal(plainMessage("x".repeat(3000)), `${"x".repeat(1000)}… (and 2,000 more)`);
  });

  it("is shown in this one way alone", () => {
    const host = path.join(import.meta.dirname, "../../src/host");
    const others = readdirSync(host, { recursive: true, encoding: "utf8" }).filter(
      (file) =>
        file.endsWith(".ts") &&
        file !== "say.ts" &&
        /\.show\w+Message\(/.test(readFileSync(path.join(host, file), "utf8")),
    );
    assert.deepEqual(others, []);
  });
});
