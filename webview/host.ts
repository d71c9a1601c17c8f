/** The webview's end of the wire: every request is answered, and what the host tells goes to one listener. */

import {
  isHostMessage,
  type PanelEvent,
  type RequestMessage,
  type RequestName,
  type Requests,
} from "../src/protocol/panel";
import { fromWire } from "../src/protocol/wire";

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** What the host could not answer, in its words. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  /** The question was about a run that is no longer shown: nothing to tell anybody. */
  readonly isStale: boolean;

  constructor(request: RequestName, reason: string) {
    super(`${request}: ${reason}`);
    this.isStale = reason.startsWith("stale");
  }
}

interface Waiting {
  readonly name: RequestName;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: RequestError) => void;
}

export class Host {
  private readonly api = acquireVsCodeApi();
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;

  constructor(private readonly onEvent: (event: PanelEvent) => void) {
    window.addEventListener("message", (message: MessageEvent<unknown>) => this.receive(fromWire(message.data)));
  }

  /** @returns the host's answer; rejects with RequestError where it has none */
  request<N extends RequestName>(name: N, params: Requests[N]["params"]): Promise<Requests[N]["result"]> {
    return this.ask(name, params).answer;
  }

  /** A request whose answer nobody waits for. What goes wrong is reported. @returns the request's id */
  send<N extends RequestName>(name: N, params: Requests[N]["params"]): number {
    const { id, answer } = this.ask(name, params);
    answer.catch((error: unknown) => this.report(error));
    return id;
  }

  private ask<N extends RequestName>(name: N, params: Requests[N]["params"]) {
    const id = this.nextId++;
    const message: RequestMessage<N> = { type: "request", id, name, params };
    const answer = new Promise<Requests[N]["result"]>((resolve, reject) => {
      // The host answers a request with the result of that request
      this.waiting.set(id, { name, resolve: (value) => resolve(value as Requests[N]["result"]), reject });
    });
    // This is VS Code's own function, which has no target origin
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    this.api.postMessage(message);
    return { id, answer };
  }

  /** Writes an error to the host's output channel; one about an old run is nobody's business. */
  report(error: unknown): void {
    if (error instanceof RequestError && error.isStale) return;
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: "" };
    // Nothing to do where even the report fails: reporting that would not end
    this.request("report", { message, stack: stack ?? "" }).catch(() => undefined);
  }

  get savedState(): unknown {
    return this.api.getState();
  }

  saveState(state: unknown): void {
    this.api.setState(state);
  }

  private receive(message: unknown): void {
    if (!isHostMessage(message)) return;
    if (message.type !== "response") {
      this.onEvent(message);
      return;
    }
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.ok) waiting?.resolve(message.value);
    else waiting?.reject(new RequestError(waiting.name, message.error));
  }
}
