import * as vscode from "vscode";
import { guarded } from "../failure";
import type * as LateSession from "./late";
import type { SavedPlace, Session } from "./session";

/** What a session needs, the format and the engine: for the first model file. */
export type LoadSession = () => Promise<typeof LateSession>;

/** The view type of the stepper panel, a custom editor that can stand beside the text of the same file. */
export const panelViewType = "rnn.stepper";

export function isModelFile(uri: vscode.Uri): boolean {
  return uri.path.endsWith(".rnn.json");
}

const placesKey = "places";
const mostPlaces = 200;
const rememberAfterMs = 300;

/** The model file whose text or panel has the focus; null where something else has it. */
function focusedModelFile(): vscode.Uri | null {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const isShown =
    input instanceof vscode.TabInputText ||
    (input instanceof vscode.TabInputCustom && input.viewType === panelViewType);
  return isShown && isModelFile(input.uri) ? input.uri : null;
}

/** Every open `.rnn.json` document's session. What a session needs, the format and the engine, is loaded with the first one. */
export class Sessions implements vscode.Disposable {
  private readonly sessions = new Map<string, Session>();
  private readonly places: Map<string, SavedPlace>;
  private readonly disposables: vscode.Disposable[] = [];

  private readonly opened = new vscode.EventEmitter<Session>();
  readonly onDidOpen = this.opened.event;
  private readonly closed = new vscode.EventEmitter<Session>();
  readonly onDidClose = this.closed.event;
  private readonly changed = new vscode.EventEmitter<Session>();
  /** A session's text was read anew, its sequence chosen, or its stepping begun. */
  readonly onDidChange = this.changed.event;
  private readonly moved = new vscode.EventEmitter<Session>();
  readonly onDidMove = this.moved.event;
  private readonly activated = new vscode.EventEmitter<Session | null>();
  /** Another model file, or none, has the focus: in its text or in its panel. */
  readonly onDidChangeActive = this.activated.event;
  private lastActive: Session | null = null;
  private readonly focusMoved = new vscode.EventEmitter<Session | null>();
  /** The focus came to a model file, in its text or in its panel, or left it. */
  readonly onDidChangeFocused = this.focusMoved.event;
  private lastFocused: Session | null = null;
  private remembering: NodeJS.Timeout | null = null;

  constructor(
    private readonly memento: vscode.Memento,
    private readonly load: LoadSession,
    /** Where the compiled kernels lie. */
    private readonly folder: string,
  ) {
    this.places = new Map(memento.get<[string, SavedPlace][]>(placesKey, []));
    this.disposables.push(
      vscode.workspace.onDidOpenTextDocument((document) => this.open(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.close(document)),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.sessions.get(document.uri.toString())?.documentChanged();
      }),
      // Data files may be read from now on.
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.sessions.forEach((session) => session.documentChanged())),
      vscode.window.tabGroups.onDidChangeTabs(() => this.updateActive()),
      vscode.window.tabGroups.onDidChangeTabGroups(() => this.updateActive()),
      vscode.window.onDidChangeActiveTextEditor(() => this.updateActive()),
    );
    // In a turn of its own, so that the activation is over before anything is loaded.
    const later = setImmediate(() => vscode.workspace.textDocuments.forEach((document) => this.open(document)));
    this.disposables.push(new vscode.Disposable(() => clearImmediate(later)));
  }

  /** Every session there is. */
  all(): readonly Session[] {
    return [...this.sessions.values()];
  }

  /** The session of a document; null where it is not a model file, or its session is not there yet: `onDidOpen` tells of it. */
  of(document: vscode.TextDocument): Session | null {
    return this.sessions.get(document.uri.toString()) ?? null;
  }

  /** The session of a model file, opened if need be. */
  async at(uri: vscode.Uri): Promise<Session> {
    const late = await this.load();
    return this.get(await vscode.workspace.openTextDocument(uri), late);
  }

  /** The session that a command is about: of the file that it names, else of the one that has the focus or had it last. */
  async meant(uri: unknown): Promise<Session | null> {
    const named = uri instanceof vscode.Uri ? uri : focusedModelFile();
    return named ? this.at(named) : this.lastActive;
  }

  /** The session of the text editor or the panel that has the focus, else of the one that had it last and is still open. */
  get active(): Session | null {
    return this.lastActive;
  }

  /** The session of the text editor or the panel that has the focus; null where something else has it. */
  get focused(): Session | null {
    return this.lastFocused;
  }

  private open(document: vscode.TextDocument): void {
    if (isModelFile(document.uri))
      void guarded("reading a model file", async () => {
        const late = await this.load();
        // It may have been closed meanwhile.
        if (!document.isClosed) this.get(document, late);
      });
  }

  private get(document: vscode.TextDocument, { Session: Made, runOptions }: typeof LateSession): Session {
    const key = document.uri.toString();
    const known = this.sessions.get(key);
    if (known && !known.document.isClosed) return known;
    // Closed and opened again before anybody was told of the closing.
    if (known) this.close(known.document);
    const session = new Made(document, this.places.get(key) ?? null, runOptions(this.folder));
    this.sessions.set(key, session);
    session.onDidChange(() => {
      this.changed.fire(session);
      this.rememberSoon();
    });
    session.onDidMove(() => {
      this.moved.fire(session);
      this.rememberSoon();
    });
    this.opened.fire(session);
    this.updateActive();
    return session;
  }

  private close(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    const session = this.sessions.get(key);
    if (session?.document !== document) return;
    this.remember(session);
    this.sessions.delete(key);
    if (this.lastActive === session) {
      this.lastActive = null;
      this.activated.fire(null);
    }
    this.updateActive();
    this.closed.fire(session);
    session.dispose();
  }

  private remember(session: Session): void {
    this.note(session);
    this.writePlaces();
  }

  private note(session: Session): void {
    const key = session.document.uri.toString();
    const place = session.savedPlace();
    this.places.delete(key);
    if (place) this.places.set(key, place);
  }

  private writePlaces(): void {
    // The oldest go first: a map keeps the order in which its entries came.
    for (const old of [...this.places.keys()].slice(0, Math.max(0, this.places.size - mostPlaces)))
      this.places.delete(old);
    void this.memento.update(placesKey, [...this.places]);
  }

  /** Once stepping pauses, so that a window that is reloaded or ends at once loses nothing either. */
  private rememberSoon(): void {
    this.remembering ??= setTimeout(() => this.rememberAll(), rememberAfterMs);
  }

  /** Writes down where every run stands, so that it is found there after a reload. */
  rememberAll(): void {
    if (this.remembering) clearTimeout(this.remembering);
    this.remembering = null;
    for (const session of this.sessions.values()) this.note(session);
    this.writePlaces();
  }

  private updateActive(): void {
    const uri = focusedModelFile();
    const session = uri && (this.sessions.get(uri.toString()) ?? null);
    if (session !== this.lastFocused) {
      this.lastFocused = session;
      this.focusMoved.fire(session);
    }
    if (!session || session === this.lastActive) return;
    this.lastActive = session;
    this.activated.fire(session);
  }

  dispose(): void {
    this.rememberAll();
    for (const session of this.sessions.values()) session.dispose();
    for (const disposable of this.disposables) disposable.dispose();
    for (const emitter of [this.opened, this.closed, this.changed, this.moved, this.activated, this.focusMoved])
      emitter.dispose();
  }
}
