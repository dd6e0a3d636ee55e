// The Extensions API over HTTP (docs: runtimes-extensions-api), at AWS_LAMBDA_RUNTIME_API below /2020-01-01/extension.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { accepted, notFound, readBody, refuse, reply, tooLarge } from '../runtime-api-answers.ts';
import { INIT_ERROR_MS_MAX } from '../limits.ts';
import type { LifecycleEvent } from './extension.ts';
import type { ExtensionSet } from './extension-set.ts';
import { EXTENSION_BODY_BYTES_MAX } from './limits.ts';
import { ApiRefusal } from './refusal.ts';

/** What an extension is told of its function when it registers. */
export interface FunctionFacts {
  functionName: string;
  functionVersion: string;
  handler: string;
  accountId: string;
}

const METHODS: Record<string, 'GET' | 'POST'> = {
  register: 'POST',
  'event/next': 'GET',
  'init/error': 'POST',
  'exit/error': 'POST',
};

export class ExtensionsApi {
  #extensions: ExtensionSet;
  #facts: () => FunctionFacts;
  #newId: () => string;

  constructor(extensions: ExtensionSet, facts: () => FunctionFacts, newId: () => string) {
    this.#extensions = extensions;
    this.#facts = facts;
    this.#newId = newId;
  }

  /** `verb` is the path behind /2020-01-01/extension/ */
  handle(request: IncomingMessage, response: ServerResponse, verb: string): void {
    const method = METHODS[verb];
    if (method === undefined) return notFound(request, response);
    if (request.method !== method) return reply(request, response, 405, '');
    readBody(request, EXTENSION_BODY_BYTES_MAX, (body) => {
      if (!body) return tooLarge(request, response, EXTENSION_BODY_BYTES_MAX);
      try {
        this.#answer(request, response, verb, body);
      } catch (error) {
        if (!(error instanceof ApiRefusal)) throw error;
        refuse(request, response, error.status, error.errorType, error.message);
      }
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse, verb: string, body: Buffer): void {
    if (verb === 'register') this.#register(request, response, body);
    else if (verb === 'event/next') this.#next(request, response);
    else this.#takeError(request, response, verb === 'init/error' ? 'InitError' : 'ExitError');
  }

  #register(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const extension = this.#extensions.register(header(request, 'lambda-extension-name') ?? '', parseEvents(body));
    const { accountId, ...facts } = this.#facts();
    const features = header(request, 'lambda-extension-accept-feature')?.split(',') ?? [];
    const withAccount = features.some((feature) => feature.trim() === 'accountId');
    reply(request, response, 200, JSON.stringify({ ...facts, ...(withAccount && { accountId }) }), {
      'Content-Type': 'application/json',
      'Lambda-Extension-Identifier': extension.id,
    });
  }

  #next(request: IncomingMessage, response: ServerResponse): void {
    const extension = this.#extensions.require(header(request, 'lambda-extension-identifier'));
    const waiting = (event: LifecycleEvent): void =>
      reply(request, response, 200, JSON.stringify(event), {
        'Content-Type': 'application/json',
        'Lambda-Extension-Event-Identifier': this.#newId(),
      });
    response.on('close', () => extension.stopWaiting(waiting));
    extension.wait(waiting);
    this.#extensions.changed();
  }

  #takeError(request: IncomingMessage, response: ServerResponse, state: 'InitError' | 'ExitError'): void {
    const extension = this.#extensions.require(header(request, 'lambda-extension-identifier'));
    const name = 'Lambda-Extension-Function-Error-Type';
    const errorType = header(request, name.toLowerCase());
    if (!errorType) throw new ApiRefusal('Extension.MissingHeader', `${name} not found`);
    extension.fail(state, errorType);
    accepted(request, response);
    // an external one is to end by itself now, and its end says how
    const fail = (): void => this.#extensions.fail({ errorType: `Extension.${state}`, words: 'exit code 0' });
    setTimeout(fail, extension.external ? INIT_ERROR_MS_MAX : 0).unref();
    this.#extensions.changed();
  }
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function parseEvents(body: Buffer): unknown {
  try {
    const { events } = JSON.parse(body.toString() || '{}') as { events?: unknown };
    return events ?? [];
  } catch (error) {
    throw new ApiRefusal('InvalidRequestFormat', (error as Error).message);
  }
}
