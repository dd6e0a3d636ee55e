// Payloads of executions: short ones lie in the record, long ones in a blob.
import type { Platform } from '#kernel/platform.ts';
import type { Writer } from '#store/contract.ts';

/** so that a checkpoint of many steps fits a commit, and a page of history fits memory */
const INLINE_BYTES_MAX = 16 * 1024;

export type Text = { text: string } | { blob: string; bytes: number };

export const bytesOf = (text: Text): number => ('text' in text ? Buffer.byteLength(text.text) : text.bytes);

/** Durable when it resolves; the transaction that names it must claim it. */
export async function keepText(platform: Platform, text: string): Promise<Text> {
  const bytes = Buffer.from(text);
  if (bytes.length <= INLINE_BYTES_MAX) return { text };
  return { blob: (await platform.blobs.put(bytes)).id, bytes: bytes.length };
}

export function claimText(platform: Platform, tx: Writer, text: Text | undefined): void {
  if (text && 'blob' in text) platform.blobs.claim(tx, text.blob);
}

export async function readText(platform: Platform, text: Text): Promise<string> {
  if ('text' in text) return text.text;
  return Buffer.concat(await Array.fromAsync(platform.blobs.read(text.blob))).toString();
}
