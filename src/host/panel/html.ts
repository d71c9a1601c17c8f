import { randomBytes } from "node:crypto";
import * as vscode from "vscode";

/** What of the extension a webview may load. */
export function resourceRoots(extension: vscode.Uri): vscode.Uri[] {
  return [vscode.Uri.joinPath(extension, "dist", "webview"), vscode.Uri.joinPath(extension, "media")];
}

/**
 * The panel's page: it may run its own script and nothing else, and load nothing from anywhere else.
 * @param document what the panel shows; commands in its menus get it as `rnnDocument`
 */
export function panelHtml(webview: vscode.Webview, extension: vscode.Uri, document: vscode.Uri): string {
  const nonce = randomBytes(16).toString("base64url");
  const file = (name: string) =>
    webview.asWebviewUri(vscode.Uri.joinPath(extension, "dist", "webview", name)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    `font-src ${webview.cspSource}`,
    `img-src ${webview.cspSource} data:`,
  ].join("; ");
  const context = JSON.stringify({ rnnDocument: document.toString() })
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&quot;");
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <!-- The controls' library reads its nonce here; without it they cannot tell keyboard focus from a click's. -->
  <meta property="csp-nonce" content="${nonce}">
  <title>RNN Stepper</title>
  <link rel="stylesheet" href="${file("codicon.css")}">
  <link rel="stylesheet" href="${file("panel.css")}">
</head>
<body>
  <main id="app" data-vscode-context="${context}"></main>
  <script nonce="${nonce}" src="${file("panel.js")}"></script>
</body>
</html>`;
}
