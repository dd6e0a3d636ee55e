/** Lets at most `places` run at once; those that are needed now go before those that are made ahead. */
export class Gate {
  #free: number;
  #needed: (() => void)[] = [];
  #ahead: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /** whether somebody waits who is needed now */
  get pressed(): boolean {
    return this.#needed.length > 0;
  }

  async run<T>(ahead: boolean, work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => (ahead ? this.#ahead : this.#needed).push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#needed.shift() ?? this.#ahead.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
