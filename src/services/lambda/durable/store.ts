// Where durable executions lie in the store. Not below `root`, whose watch throws away what every invocation has compiled.
//   […, 'lambda-durable', 'execution', id, 'state']          what an execution is and where it stands
//   […, 'lambda-durable', 'operation', id, operationId]      its operations
//   […, 'lambda-durable', 'event', id, n]                    its history
//   […, 'lambda-durable', 'by-function', name, startedAt, id] the list of a function's executions
//   […, 'lambda-durable', 'by-name', function, name]         idempotent starts
import type { Key, Reader, Writer } from '#store/contract.ts';
import type { DurableSettings } from '../durable-config.ts';
import type { Place } from '../store.ts';
import type { Text } from './text.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'STOPPED';
export type OperationType = 'EXECUTION' | 'CONTEXT' | 'STEP' | 'WAIT' | 'CALLBACK' | 'CHAINED_INVOKE';
export type OperationStatus =
  | 'STARTED'
  | 'PENDING'
  | 'READY'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'CANCELLED'
  | 'TIMED_OUT'
  | 'STOPPED';

/** Times are ms since the epoch. */
export interface ExecutionRecord {
  at: Place;
  id: string;
  name: string;
  functionName: string;
  /** the version that every replay runs */
  version: string;
  settings: DurableSettings;
  status: ExecutionStatus;
  startedAt: number;
  endedAt?: number;
  input: Text;
  /** tells a repeated start from another one of the same name */
  inputSha256: string;
  result?: Text;
  /** an ErrorObject as JSON */
  error?: Text;
  /** of every invocation; counts the visits of a loop once */
  traceHeader: string;
  /** of an asynchronous start: where its event goes when it does not succeed */
  deadLetter?: { arn: string; requestId: string };
  /** the operation that started this execution as a chained invoke */
  parent?: { id: string; operationId: string };
  /** as AWS meters them: with every retry, of a step or of an invocation */
  operations: number;
  /** operations started: their order */
  started: number;
  events: number;
  /** of payloads, over its whole life */
  bytes: number;
  /** Operations that something outside of the handler will move on, and when a timer will (null: none). */
  open: Record<string, number | null>;
  /** operations that changed since the handler was last told */
  changed: string[];
  /** number of the invocation that runs or waits its turn, or of the last one */
  run: number;
  running: boolean;
  /** the one whose checkpoints count */
  invocation?: { id: string; startedAt: number };
  /** of the checkpoint token */
  sequence: number;
  /** invocations in a row that failed */
  failures: number;
  /** answers in a row that wait for nothing */
  idleAnswers: number;
  lastCheckpoint?: { clientToken: string; sequence: number; atMs: number; operations: string[] };
  /** when its timer goes off */
  timerAt?: number;
}

export interface OperationRecord {
  id: string;
  parentId?: string;
  name?: string;
  type: OperationType;
  subType?: string;
  status: OperationStatus;
  /** place in the order of starts */
  order: number;
  startedAt: number;
  endedAt?: number;
  /** input of a chained invoke is in its event alone */
  result?: Text;
  /** an ErrorObject as JSON */
  error?: Text;
  /** STEP */
  attempt?: number;
  nextAttemptAt?: number;
  /** WAIT */
  endsAt?: number;
  /** CONTEXT */
  replayChildren?: boolean;
  /** CALLBACK */
  callback?: { token: string; timeoutAt?: number; heartbeatSeconds?: number; heartbeatAt?: number };
}

/** One event of the history. `details` are those of its type, without what Text members hold. */
export interface EventRecord {
  n: number;
  type: string;
  atMs: number;
  operation?: { id: string; name?: string; parentId?: string; subType?: string };
  details: Record<string, unknown>;
  input?: Text;
  result?: Text;
  /** an ErrorObject as JSON */
  error?: Text;
}

const key = (at: Place, ...rest: (string | number)[]): Key => [at.accountId, at.region, 'lambda-durable', ...rest];
/** watched for its end */
export const executionPrefix = (at: Place, id: string): Key => key(at, 'execution', id);
const executionKey = (at: Place, id: string): Key => key(at, 'execution', id, 'state');
const operationKey = (at: Place, id: string, operationId: string): Key => key(at, 'operation', id, operationId);
const eventKey = (at: Place, id: string, n: number): Key => key(at, 'event', id, n);
const byFunctionKey = (record: ExecutionRecord): Key =>
  key(record.at, 'by-function', record.functionName, record.startedAt, record.id);
const byNameKey = (at: Place, functionName: string, name: string): Key => key(at, 'by-name', functionName, name);

export const findExecution = async (reader: Reader, at: Place, id: string): Promise<ExecutionRecord | undefined> =>
  (await reader.get<ExecutionRecord>(executionKey(at, id)))?.value;
export const putExecution = (tx: Writer, record: ExecutionRecord): void =>
  tx.set(executionKey(record.at, record.id), record);

export const findIdByName = async (
  reader: Reader,
  at: Place,
  functionName: string,
  name: string,
): Promise<string | undefined> => (await reader.get<string>(byNameKey(at, functionName, name)))?.value;

/** What a new execution is found by. */
export function putIndexes(tx: Writer, record: ExecutionRecord): void {
  tx.set(byFunctionKey(record), record.id);
  tx.set(byNameKey(record.at, record.functionName, record.name), record.id);
}
export function deleteExecutionEntries(tx: Writer, record: ExecutionRecord): void {
  tx.delete(executionKey(record.at, record.id));
  tx.delete(byFunctionKey(record));
  tx.delete(byNameKey(record.at, record.functionName, record.name));
}

export const findOperation = async (
  reader: Reader,
  at: Place,
  id: string,
  operationId: string,
): Promise<OperationRecord | undefined> =>
  (await reader.get<OperationRecord>(operationKey(at, id, operationId)))?.value;
export const putOperation = (tx: Writer, at: Place, id: string, operation: OperationRecord): void =>
  tx.set(operationKey(at, id, operation.id), operation);

const PAGE = 1000;

/** All of an execution's operations (at most 3,000), in the order of their starts. */
export async function listOperations(reader: Reader, at: Place, id: string): Promise<OperationRecord[]> {
  const all: OperationRecord[] = [];
  for (let after: Key | undefined; ;) {
    const page = await reader.list<OperationRecord>(
      { prefix: key(at, 'operation', id) },
      { limit: PAGE, ...(after && { after }) },
    );
    for (const { value } of page) all.push(value);
    after = page.at(-1)?.key;
    if (page.length < PAGE) return all.toSorted((a, b) => a.order - b.order);
  }
}
export const operationsPage = async (
  reader: Reader,
  at: Place,
  id: string,
  limit: number,
): Promise<OperationRecord[]> =>
  (await reader.list<OperationRecord>({ prefix: key(at, 'operation', id) }, { limit })).map((entry) => entry.value);
export const deleteOperationEntry = (tx: Writer, at: Place, id: string, operationId: string): void =>
  tx.delete(operationKey(at, id, operationId));

export const putEvent = (tx: Writer, at: Place, id: string, event: EventRecord): void =>
  tx.set(eventKey(at, id, event.n), event);
export const deleteEventEntry = (tx: Writer, at: Place, id: string, n: number): void => tx.delete(eventKey(at, id, n));

export async function listEvents(
  reader: Reader,
  at: Place,
  id: string,
  options: { limit: number; reverse?: boolean; after?: number },
): Promise<EventRecord[]> {
  const { limit, reverse = false, after } = options;
  const page = await reader.list<EventRecord>(
    { prefix: key(at, 'event', id) },
    { limit, reverse, ...(after !== undefined && { after: eventKey(at, id, after) }) },
  );
  return page.map((entry) => entry.value);
}

/** Ids of a function's executions, newest first unless told otherwise. */
export async function listIdsByFunction(
  reader: Reader,
  at: Place,
  functionName: string,
  options: { limit: number; oldestFirst: boolean; after?: { startedAt: number; id: string } },
): Promise<{ startedAt: number; id: string }[]> {
  const { limit, oldestFirst, after } = options;
  const prefix = key(at, 'by-function', functionName);
  const page = await reader.list<string>(
    { prefix },
    { limit, reverse: !oldestFirst, ...(after && { after: [...prefix, after.startedAt, after.id] }) },
  );
  return page.map((entry) => ({ startedAt: entry.key.at(-2) as number, id: entry.value }));
}
