import * as vscode from "vscode";

/** A link in a report: some characters of a line, and where they lead. */
export interface ReportLink {
  readonly line: number;
  readonly from: number;
  readonly to: number;
  readonly target: vscode.Uri;
}

export interface Report {
  readonly text: string;
  readonly links: readonly ReportLink[];
}

const scheme = "rnn-report";

/** Read-only documents that show what a command found, beside the file that it is about. A newer one replaces the older. */
export class Reports implements vscode.Disposable {
  private readonly reports = new Map<string, Report>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly disposables: vscode.Disposable[];

  constructor() {
    const contents: vscode.TextDocumentContentProvider = {
      onDidChange: this.changed.event,
      provideTextDocumentContent: (uri) => this.reports.get(uri.toString())?.text ?? null,
    };
    const links: vscode.DocumentLinkProvider = {
      provideDocumentLinks: ({ uri }) =>
        this.reports
          .get(uri.toString())
          ?.links.map(
            ({ line, from, to, target }) => new vscode.DocumentLink(new vscode.Range(line, from, line, to), target),
          ),
    };
    this.disposables = [
      this.changed,
      vscode.workspace.registerTextDocumentContentProvider(scheme, contents),
      vscode.languages.registerDocumentLinkProvider({ scheme }, links),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.reports.delete(uri.toString())),
    ];
  }

  /** @param title the name of its tab, one for each kind of report */
  async show(title: string, about: vscode.Uri, report: Report): Promise<void> {
    const uri = vscode.Uri.from({ scheme, path: `/${title}.md`, query: about.toString() });
    this.reports.set(uri.toString(), report);
    this.changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, {
      viewColumn: vscode.ViewColumn.Beside,
      preserveFocus: true,
      preview: true,
    });
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }
}
