import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { storeContract } from '../contract.suite.ts';
import { openStore } from '../index.ts';

function folder(t: TestContext): string {
  const made = mkdtempSync(path.join(tmpdir(), 'gatehouse-store-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

storeContract({
  name: 'embedded in a file',
  async open(t, now) {
    const { store } = await openStore(folder(t), now);
    t.after(() => store.close());
    return store;
  },
  durable: {
    place: folder,
    openAt: async (place, now) => (await openStore(place, now)).store,
  },
});
