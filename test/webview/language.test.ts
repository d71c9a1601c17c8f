import assert from "node:assert/strict";
import { usableLanguage } from "../../webview/language";

describe("the browser's language", () => {
  it("stays where it is a tag that Intl takes", () => {
    for (const tag of ["en-US", "de", "zh-Hant-TW"]) assert.equal(usableLanguage(tag), tag);
  });

  it("loses what POSIX puts behind it: en-US@posix is en-US", () => {
    assert.equal(usableLanguage("en-US@posix"), "en-US");
    assert.equal(usableLanguage("de_DE.UTF-8"), "de-DE");
  });

  it("is en-US where nothing of it is a tag", () => {
    for (const tag of ["", "c", "C.UTF-8", "?"]) assert.equal(usableLanguage(tag), "en-US", tag);
  });
});
