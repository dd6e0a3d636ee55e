// Lambda's concurrency limits (docs: lambda-concurrency): the account's, and what functions reserve of it.
import { ServiceError } from '#core/errors.ts';
import type { FunctionSnapshot } from './contract.ts';

type Reason = 'ConcurrentInvocationLimitExceeded' | 'ReservedFunctionConcurrentInvocationLimitExceeded';

const tooManyRequests = (reason: Reason): ServiceError =>
  new ServiceError('TooManyRequestsException', 'Rate Exceeded.', 429, { fields: { Reason: reason, Type: 'User' } });

/** Not AWS's limit but this machine's; callers retry as they would there. */
export const machineIsFull = (): ServiceError => tooManyRequests('ConcurrentInvocationLimitExceeded');

interface Account {
  /** running invocations of functions without a reservation */
  unreserved: number;
  /** by function */
  reserved: Map<string, number>;
}

export class Concurrency {
  #max: number;
  #accounts = new Map<string, Account>();
  #running = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes one place, or throws TooManyRequestsException. Answers what gives it back. */
  enter(snapshot: FunctionSnapshot): () => void {
    const { arn, reservedConcurrency } = snapshot;
    const account = this.#account(snapshot);
    const running = this.#running.get(arn) ?? 0;
    const isReserved = reservedConcurrency !== undefined;
    if (isReserved && running >= reservedConcurrency) {
      throw tooManyRequests('ReservedFunctionConcurrentInvocationLimitExceeded');
    }
    if (!isReserved && account.unreserved >= this.#max - sum(account.reserved.values())) {
      throw tooManyRequests('ConcurrentInvocationLimitExceeded');
    }
    this.#running.set(arn, running + 1);
    if (!isReserved) account.unreserved += 1;
    return () => {
      const left = (this.#running.get(arn) ?? 1) - 1;
      if (left === 0) this.#running.delete(arn);
      else this.#running.set(arn, left);
      if (!isReserved) account.unreserved -= 1;
    };
  }

  /** The function is gone: so is its reservation. */
  forget(arn: string): void {
    for (const account of this.#accounts.values()) account.reserved.delete(arn);
  }

  #account({ accountId, region, arn, reservedConcurrency }: FunctionSnapshot): Account {
    const key = `${accountId}/${region}`;
    const account = this.#accounts.get(key) ?? { unreserved: 0, reserved: new Map<string, number>() };
    this.#accounts.set(key, account);
    if (reservedConcurrency === undefined) account.reserved.delete(arn);
    else account.reserved.set(arn, reservedConcurrency);
    return account;
  }
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
