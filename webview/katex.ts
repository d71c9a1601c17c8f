/** KaTeX, as a script of its own: fetched when the first formula is drawn. */

import katex from "katex";
import "katex/dist/katex.css";

Object.assign(globalThis, { katex });
