// The one thing that the control planes (services/apigateway, services/apigatewayv2) hand to the request path: frozen
// stages, written in the transaction that deploys or changes them. The gateway reads nothing else of those services.
import type { Entry, Key, Reader, Transaction, Writer } from '#store/contract.ts';
import type { PublishedHttpStage } from './published-http.ts';
import type { PublishedRestStage } from './published-rest.ts';
import type { PublishedWebSocketStage } from './published-websocket.ts';

export type PublishedStage = PublishedRestStage | PublishedHttpStage | PublishedWebSocketStage;

/** What the index says about an API id, whichever account and region it belongs to. */
export interface PublishedApi {
  kind: PublishedStage['kind'];
  accountId: string;
  region: string;
  apiId: string;
  /** kept by publishStage and removeStage */
  stageNames: string[];
}

/** Watch this prefix to hear of every change. */
export const publishedPrefix: Key = ['global', 'execute-api'];

/** API ids are unique over all accounts and regions of this installation: they are host names. */
export const publishedApiKey = (apiId: string): Key => [...publishedPrefix, apiId];
const stageKey = (apiId: string, stageName: string): Key => [...publishedPrefix, apiId, 'stage', stageName];
const partKey = (apiId: string, stageName: string, n: number): Key => [...publishedPrefix, apiId, 'part', stageName, n];

/**
 * An OpenAPI import may have 6 MB, a store entry 1 MiB: a document is kept as pieces, in one commit and so always whole.
 * (A blob would need its own life cycle beside the commit.)
 */
const PIECE_BYTES_MAX = 512 * 1024;
const PIECES_MAX = 24;

interface StageHead {
  pieces: number;
  /** the text itself when there is one piece only */
  text?: string;
}

/** Makes the stage live when the transaction commits; replaces what it was. */
export async function publishStage(tx: Transaction, stage: PublishedStage): Promise<void> {
  const { kind, accountId, region, apiId } = stage;
  const { stageName } = stage.stage;
  const before = (await findPublishedApi(tx, apiId))?.stageNames ?? [];
  const stageNames = before.includes(stageName) ? before : [...before, stageName];
  tx.set(publishedApiKey(apiId), { kind, accountId, region, apiId, stageNames } satisfies PublishedApi);
  await removePieces(tx, apiId, stageName);
  const bytes = Buffer.from(JSON.stringify(stage));
  if (bytes.length <= PIECE_BYTES_MAX) {
    tx.set(stageKey(apiId, stageName), { pieces: 1, text: bytes.toString() } satisfies StageHead);
    return;
  }
  const pieces = Math.ceil(bytes.length / PIECE_BYTES_MAX);
  if (pieces > PIECES_MAX) throw new RangeError(`stage ${apiId}/${stageName} takes ${bytes.length} bytes`);
  for (let n = 0; n < pieces; n++) {
    tx.set(
      partKey(apiId, stageName, n),
      new Uint8Array(bytes.subarray(n * PIECE_BYTES_MAX, (n + 1) * PIECE_BYTES_MAX)),
    );
  }
  tx.set(stageKey(apiId, stageName), { pieces } satisfies StageHead);
}

export async function removeStage(tx: Transaction, apiId: string, stageName: string): Promise<void> {
  const api = await findPublishedApi(tx, apiId);
  if (api) {
    const stageNames = api.stageNames.filter((name) => name !== stageName);
    tx.set(publishedApiKey(apiId), { ...api, stageNames } satisfies PublishedApi);
  }
  await removePieces(tx, apiId, stageName);
  tx.delete(stageKey(apiId, stageName));
}

/** Claims an API id for its owner before anything is deployed; the control planes call it when an API is created. */
export function publishApi(tx: Writer, api: Omit<PublishedApi, 'stageNames'>): void {
  tx.set(publishedApiKey(api.apiId), { ...api, stageNames: [] } satisfies PublishedApi);
}

/** Removes the API with all its stages. */
export async function removeApi(tx: Transaction, apiId: string): Promise<void> {
  for (const stageName of (await findPublishedApi(tx, apiId))?.stageNames ?? []) {
    await removePieces(tx, apiId, stageName);
    tx.delete(stageKey(apiId, stageName));
  }
  tx.delete(publishedApiKey(apiId));
}

export async function findPublishedApi(store: Reader, apiId: string): Promise<PublishedApi | undefined> {
  return (await store.get<PublishedApi>(publishedApiKey(apiId)))?.value;
}

/** The stage with the version of its head entry, by which a compiled form knows whether it is current. */
export async function findPublishedStage(
  store: Reader,
  apiId: string,
  stageName: string,
): Promise<{ stage: PublishedStage; version: number } | undefined> {
  const head = await store.get<StageHead>(stageKey(apiId, stageName));
  if (!head) return undefined;
  const text = head.value.text ?? (await readPieces(store, apiId, stageName, head));
  return text === undefined ? undefined : { stage: JSON.parse(text) as PublishedStage, version: head.version };
}

async function readPieces(
  store: Reader,
  apiId: string,
  stageName: string,
  head: Entry<StageHead>,
): Promise<string | undefined> {
  const keys = Array.from({ length: head.value.pieces }, (_, n) => partKey(apiId, stageName, n));
  const pieces = await store.getMany<Uint8Array>(keys);
  // Pieces of another commit than the head's: a deployment came between the two reads. The watch brings us back.
  if (pieces.some((piece) => piece?.version !== head.version)) return undefined;
  return Buffer.concat(pieces.map((piece) => piece!.value)).toString();
}

async function removePieces(tx: Transaction, apiId: string, stageName: string): Promise<void> {
  for (const piece of await tx.list({ prefix: [...publishedPrefix, apiId, 'part', stageName] })) tx.delete(piece.key);
}
