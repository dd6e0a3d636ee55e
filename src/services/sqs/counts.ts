import type { Reader } from '#store/contract.ts';
import type { Queue } from './records.ts';
import { listDue, type Due } from './store.ts';

export interface Counts {
  visible: number;
  inFlight: number;
  delayed: number;
}

const PAGE = 1000;

/** Walks the index: asked for now and then, so that senders and receivers need not keep a counter up to date. */
export async function countMessages(reader: Reader, queue: Queue, now: number, fromMs = 0): Promise<Counts> {
  const counts: Counts = { visible: 0, inFlight: 0, delayed: 0 };
  for (let after: Due | undefined; ;) {
    const page = await listDue(reader, queue, { fromMs, ...(after && { after }) }, PAGE);
    for (const { visibleAt, entry } of page) {
      if (visibleAt <= now) counts.visible++;
      else if (entry.received) counts.inFlight++;
      else counts.delayed++;
    }
    after = page.at(-1);
    if (page.length < PAGE) return counts;
  }
}
