import * as vscode from "vscode";
import type { Sessions } from "../session/sessions";
import type { GradientChecks } from "../training";
import type * as EquationWords from "./equationWords";
import { explainCommand } from "./explain";
import type * as HoverText from "./hoverText";
import { modelFiles, rangeOf } from "./places";
import type { ChartColors } from "./shareChart";
import { stepHereCommand } from "./stepHere";

/** What writes a hover: for the first one. */
export type LoadHover = () => Promise<typeof HoverText & Pick<typeof EquationWords, "equationHover">>;

export function registerHover(sessions: Sessions, gradientChecks: GradientChecks, load: LoadHover): vscode.Disposable {
  return vscode.languages.registerHoverProvider(modelFiles, {
    async provideHover(document, position) {
      const [session, { hoverAt, equationHover }] = await Promise.all([sessions.at(document.uri), load()]);
      const reading = await session.whenUpToDate();
      if (!reading) return null;
      const stepper = session.state.kind === "ready" ? session.state.stepper : null;
      const [text, offset] = [document.getText(), document.offsetAt(position)];
      const digits = vscode.workspace.getConfiguration("rnn").get<number>("digits", 4);
      const inEquation = equationHover(text, reading.source, stepper, offset, digits);
      const found =
        inEquation ??
        hoverAt(reading, stepper, text, offset, {
          digits,
          colors: chartColors(vscode.window.activeColorTheme.kind),
          verdictOn: (name) => stepper && gradientChecks.verdict(session, stepper, name),
          explainLink: (reference) => commandLink(explainCommand, [document.uri, reference]),
          stepLink: (sequence, t) => commandLink(stepHereCommand, [document.uri, sequence, t ?? null]),
        });
      if (!found) return null;
      const markdown = new vscode.MarkdownString(found.markdown, true);
      markdown.isTrusted = { enabledCommands: [stepHereCommand, explainCommand] };
      return new vscode.Hover(markdown, rangeOf(document, found.range));
    },
  });
}

/** The brackets of a file's name, too, would end a link. */
function commandLink(command: string, parameters: readonly unknown[]): string {
  const address = encodeURIComponent(JSON.stringify(parameters));
  return `command:${command}?${address.replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)}`;
}

/** The hover's picture cannot read the theme, so that its colours come from here; those of the signs are the defaults of `rnn.positive` and `rnn.negative`. */
function chartColors(kind: vscode.ColorThemeKind): ChartColors {
  switch (kind) {
    case vscode.ColorThemeKind.Light:
      return { positive: "#cd621c", negative: "#2676be", line: "#6b6b6b", text: "#616161" };
    case vscode.ColorThemeKind.Dark:
      return { positive: "#e2803e", negative: "#3f94de", line: "#a0a0a0", text: "#a0a0a0" };
    case vscode.ColorThemeKind.HighContrast:
      return { positive: "#ff943c", negative: "#50b0ff", line: "#ffffff", text: "#ffffff" };
    case vscode.ColorThemeKind.HighContrastLight:
      return { positive: "#aa4600", negative: "#0054a6", line: "#292929", text: "#292929" };
  }
}
