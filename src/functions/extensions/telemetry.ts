// The Telemetry API and the older Logs API of one sandbox: subscriptions, and what happens given to each (docs: telemetry-api).
import type { IncomingMessage, ServerResponse } from 'node:http';
import { notFound, readBody, refuse, reply, tooLarge } from '../runtime-api-answers.ts';
import type { Extension } from './extension.ts';
import type { ExtensionSet } from './extension-set.ts';
import { EARLY_BYTES_MAX, EARLY_EVENTS_MAX, EXTENSION_BODY_BYTES_MAX } from './limits.ts';
import { ApiRefusal } from './refusal.ts';
import { type Dial, deliverTo } from './telemetry-delivery.ts';
import type { TelemetryEvent } from './telemetry-events.ts';
import { parseTelemetryRequest, type TelemetryApiName, type TelemetryRequest } from './telemetry-request.ts';
import { TelemetrySubscription } from './telemetry-subscription.ts';

export interface TelemetryParts {
  extensions: ExtensionSet;
  /** what happened before there was a sandbox */
  early: readonly TelemetryEvent[];
  dial: Dial;
  /** told of each new subscription, for the log */
  subscribed: (extension: Extension, request: TelemetryRequest) => void;
}

const TITLES: Record<TelemetryApiName, string> = { telemetry: 'Telemetry', logs: 'Logs' };

export class Telemetry {
  #parts: TelemetryParts;
  #subscriptions = new Map<Extension, TelemetrySubscription>();
  /** of the initialisation, in which extensions subscribe */
  #early: TelemetryEvent[] | undefined;
  #earlyBytes = 0;

  constructor(parts: TelemetryParts) {
    this.#parts = parts;
    this.#early = [...parts.early];
  }

  /** `record` is an object for the platform's events, a line for the others. */
  emit(type: string, record: unknown): void {
    if (this.#subscriptions.size === 0 && !this.#early) return;
    const event = { time: new Date().toISOString(), type, record };
    if (this.#early) this.#keep(this.#early, event);
    for (const subscription of this.#subscriptions.values()) subscription.add(event);
  }

  #keep(early: TelemetryEvent[], event: TelemetryEvent): void {
    this.#earlyBytes += typeof event.record === 'string' ? event.record.length : 0;
    if (early.length < EARLY_EVENTS_MAX && this.#earlyBytes <= EARLY_BYTES_MAX) early.push(event);
  }

  /** The initialisation is over: nobody subscribes any more. */
  initialised(): void {
    this.#early = undefined;
  }

  async flush(): Promise<void> {
    await Promise.all([...this.#subscriptions.values()].map((subscription) => subscription.flush()));
  }

  close(): void {
    for (const subscription of this.#subscriptions.values()) subscription.close();
  }

  handle(api: TelemetryApiName, request: IncomingMessage, response: ServerResponse, path: string): void {
    if (path !== '') return notFound(request, response);
    if (request.method !== 'PUT') return reply(request, response, 405, '');
    readBody(request, EXTENSION_BODY_BYTES_MAX, (body) => {
      if (!body) return tooLarge(request, response, EXTENSION_BODY_BYTES_MAX);
      try {
        this.#subscribe(api, request, body);
        reply(request, response, 200, '"OK"');
      } catch (error) {
        if (!(error instanceof ApiRefusal)) throw error;
        refuse(request, response, error.status, error.errorType, error.message);
      }
    });
  }

  #subscribe(api: TelemetryApiName, request: IncomingMessage, body: Buffer): void {
    const id = request.headers['lambda-extension-identifier'];
    const extension = this.#parts.extensions.require(Array.isArray(id) ? id[0] : id);
    const title = TITLES[api];
    const others = [...this.#subscriptions.values()].some((each) => each.request.api !== api);
    if (!this.#early || others) {
      throw new ApiRefusal(`${title}.SubscriptionClosed`, `${title} API subscription is closed already`);
    }
    const asked = parseTelemetryRequest(api, body);
    const subscription = new TelemetrySubscription(asked, deliverTo(asked.destination, this.#parts.dial));
    // the last one counts
    this.#subscriptions.get(extension)?.close();
    for (const event of this.#early) subscription.add(event);
    this.#subscriptions.set(extension, subscription);
    this.#parts.subscribed(extension, asked);
  }
}
