import { storeContract } from './contract.suite.ts';
import { openStore } from './index.ts';

storeContract({
  name: 'in memory',
  async open(t, now) {
    const { store } = await openStore(undefined, now);
    t.after(() => store.close());
    return store;
  },
});
