// LastProcessingResult: written when it changes. A power cut may take the last change.
import type { Store } from '#store/contract.ts';
import { findMapping, putResult, type EventSourceMapping } from './store.ts';

export class ResultLog {
  readonly #store: Store;
  readonly #mapping: EventSourceMapping;
  #last: string | undefined;

  constructor(store: Store, mapping: EventSourceMapping) {
    this.#store = store;
    this.#mapping = mapping;
  }

  succeeded(): Promise<void> {
    return this.#note('OK');
  }

  failed(): Promise<void> {
    return this.#note('PROBLEM: Function call failed');
  }

  async #note(result: string): Promise<void> {
    if (this.#last === result) return;
    this.#last = result;
    await this.#store.transact(
      async (tx) => {
        // a mapping that is gone leaves nothing behind
        if (await findMapping(tx, this.#mapping, this.#mapping.uuid)) putResult(tx, this.#mapping, result);
      },
      { durability: 'lazy' },
    );
  }
}
