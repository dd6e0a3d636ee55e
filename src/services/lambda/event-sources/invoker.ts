// Invokes a mapping's function as Lambda itself does: without lambda:InvokeFunction of the role.
import { ServiceError } from '#core/errors.ts';
import { rootPrincipal } from '#core/principal.ts';
import type { InvokeResult } from '#kernel/functions.ts';
import type { Platform } from '#kernel/platform.ts';
import { parseFunctionName } from '../names.ts';
import { findResolved, type Resolved } from '../resolve.ts';
import type { EventSourceMapping } from './store.ts';

export class Invoker {
  readonly #platform: Platform;
  readonly #mapping: EventSourceMapping;

  constructor(platform: Platform, mapping: EventSourceMapping) {
    this.#platform = platform;
    this.#mapping = mapping;
  }

  /** The function as it is now. */
  async target(): Promise<Resolved> {
    const ref = parseFunctionName(this.#mapping.functionArn, this.#mapping);
    const resolved = await findResolved(this.#platform.store, ref);
    if (!resolved) throw new Error('the function does not exist');
    return resolved;
  }

  /** `throttled`: not now. `too large`: never. */
  async invoke(payload: string, traceHeader?: string): Promise<InvokeResult | 'throttled' | 'too large'> {
    const { functionArn, accountId } = this.#mapping;
    try {
      return await this.#platform.functions.invoke({
        functionArn,
        payload,
        as: rootPrincipal(accountId),
        ...(traceHeader !== undefined && { traceHeader }),
      });
    } catch (error) {
      const code = error instanceof ServiceError ? error.code : '';
      if (code === 'TooManyRequestsException') return 'throttled';
      if (code === 'RequestTooLargeException') return 'too large';
      throw error;
    }
  }
}
