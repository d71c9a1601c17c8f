/**
 * Under a POSIX locale a browser may report a language that is no BCP 47 tag, such as `en-US@posix`; libraries that hand it to
 * `Intl` throw while they are loaded. To be imported before them.
 */

/** The part of a tag that `Intl` takes; English where it takes none of it. */
export function usableLanguage(tag: string): string {
  const plain = tag.replace(/[.@].*$/, "").replaceAll("_", "-");
  try {
    return Intl.getCanonicalLocales(plain)[0] ?? "en-US";
  } catch (error) {
    if (error instanceof RangeError) return "en-US";
    throw error;
  }
}

if (typeof navigator !== "undefined" && usableLanguage(navigator.language) !== navigator.language)
  Object.defineProperty(navigator, "language", { value: usableLanguage(navigator.language), configurable: true });
