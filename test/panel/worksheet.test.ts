import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import path from "node:path";
import { exportText } from "../../src/export";
import { Stepper } from "../../src/stepper/stepper";
import { readText } from "../files";
import { launchBrowser } from "../vscode/harness/browser";
import { repository } from "../vscode/harness/paths";

describe("The worksheet on paper", () => {
  for (const name of ["two-words", "hi-there-class"])
    it(`has two pages and one of key: ${name}`, async () => {
      const text = readFileSync(path.join(repository, `media/samples/${name}.rnn.json`), "utf8");
      const html = exportText("worksheet-html", new Stepper(readText(text).problem, 0), 4);
      const browser = await launchBrowser();
      try {
        const page = await browser.newPage();
        const pages = async (content: string) => {
          await page.setContent(content);
          const pdf = await page.pdf({ preferCSSPageSize: true });
          return pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length;
        };
        const whole = await pages(html);
        assert.ok(whole !== undefined && whole <= 3, `${whole} pages`);
        const questions = await pages(html.slice(0, html.indexOf('<div class="pageBreak">')));
        assert.equal(questions, whole - 1, "the key has a page of its own");
      } finally {
        await browser.close();
      }
    });
});
