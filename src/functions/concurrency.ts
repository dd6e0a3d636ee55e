// Lambda's concurrency limits (docs: lambda-concurrency): the account's, what functions reserve of it, and what is
// provisioned for their versions.
import { ServiceError } from '#core/errors.ts';
import type { FunctionSnapshot } from './contract.ts';
import { RETRY_AFTER_SECONDS } from './limits.ts';

type Reason = 'ConcurrentInvocationLimitExceeded' | 'ReservedFunctionConcurrentInvocationLimitExceeded';
type Version = Pick<FunctionSnapshot, 'arn' | 'version'>;

const tooManyRequests = (reason: Reason): ServiceError =>
  new ServiceError('TooManyRequestsException', 'Rate Exceeded.', 429, {
    fields: { retryAfterSeconds: String(RETRY_AFTER_SECONDS), Reason: reason, Type: 'User' },
  });

/** Not AWS's limit but this machine's; callers retry as they would there. */
export const machineIsFull = (): ServiceError => tooManyRequests('ConcurrentInvocationLimitExceeded');

interface Account {
  /** running invocations of functions without a reservation, beyond what is provisioned for them */
  unreserved: number;
  /** by function */
  reserved: Map<string, number>;
}

/** Provisioned places of one version. */
interface Provision {
  account: Account;
  arn: string;
  count: number;
  running: number;
  invocations: number;
  spilloverInvocations: number;
}

export class Concurrency {
  #max: number;
  #accounts = new Map<string, Account>();
  /** running invocations by function, beyond what is provisioned */
  #running = new Map<string, number>();
  /** by version */
  #provisions = new Map<string, Provision>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes one place, or throws TooManyRequestsException. Answers what gives it back. */
  enter(snapshot: FunctionSnapshot): () => void {
    const provision = this.#provisions.size > 0 ? this.#provisions.get(keyOf(snapshot)) : undefined;
    if (provision && provision.running < provision.count) {
      provision.running += 1;
      provision.invocations += 1;
      return () => void (provision.running -= 1);
    }
    const leave = this.#enterUnprovisioned(snapshot);
    if (provision) provision.spilloverInvocations += 1;
    return leave;
  }

  /** So many places are this version's own, taken from its function's reservation or the account. */
  provision(snapshot: FunctionSnapshot, count: number): void {
    const key = keyOf(snapshot);
    const known = this.#provisions.get(key);
    if (count === 0) this.#provisions.delete(key);
    else if (known) known.count = count;
    else {
      const account = this.#account(snapshot);
      const { arn } = snapshot;
      this.#provisions.set(key, { account, arn, count, running: 0, invocations: 0, spilloverInvocations: 0 });
    }
  }

  /** What the functions of an account reserve, be they called or not. */
  reserve(at: Pick<FunctionSnapshot, 'accountId' | 'region'>, reserved: ReadonlyMap<string, number>): void {
    this.#accountOf(at).reserved = new Map(reserved);
  }

  provisionedUse(version: Version): { invocations: number; spilloverInvocations: number } {
    const { invocations = 0, spilloverInvocations = 0 } = this.#provisions.get(keyOf(version)) ?? {};
    return { invocations, spilloverInvocations };
  }

  /** The function is gone: so is its reservation. */
  forget(arn: string): void {
    for (const account of this.#accounts.values()) account.reserved.delete(arn);
    for (const [key, provision] of this.#provisions) if (provision.arn === arn) this.#provisions.delete(key);
  }

  #enterUnprovisioned(snapshot: FunctionSnapshot): () => void {
    const { arn, reservedConcurrency } = snapshot;
    const account = this.#account(snapshot);
    const running = this.#running.get(arn) ?? 0;
    const isReserved = reservedConcurrency !== undefined;
    if (isReserved && running >= reservedConcurrency - this.#provisioned((each) => each.arn === arn)) {
      throw tooManyRequests('ReservedFunctionConcurrentInvocationLimitExceeded');
    }
    if (!isReserved && account.unreserved >= this.#unreservedMax(account)) {
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

  /** What is provisioned for a function with a reservation comes out of that. */
  #unreservedMax(account: Account): number {
    const provisioned = this.#provisioned((each) => each.account === account && !account.reserved.has(each.arn));
    return this.#max - sum(account.reserved.values()) - provisioned;
  }

  #provisioned(counts: (provision: Provision) => boolean): number {
    let total = 0;
    for (const provision of this.#provisions.values()) if (counts(provision)) total += provision.count;
    return total;
  }

  #account(snapshot: FunctionSnapshot): Account {
    const { arn, reservedConcurrency } = snapshot;
    const account = this.#accountOf(snapshot);
    if (reservedConcurrency === undefined) account.reserved.delete(arn);
    else account.reserved.set(arn, reservedConcurrency);
    return account;
  }

  #accountOf({ accountId, region }: Pick<FunctionSnapshot, 'accountId' | 'region'>): Account {
    const key = `${accountId}/${region}`;
    let account = this.#accounts.get(key);
    if (!account) {
      account = { unreserved: 0, reserved: new Map() };
      this.#accounts.set(key, account);
    }
    return account;
  }
}

const keyOf = ({ arn, version }: Version): string => `${arn}:${version}`;

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
