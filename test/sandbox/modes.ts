// Which isolation modes this machine offers; a test file that finds none to test in fails.
import type { IsolationMode } from '#functions/index.ts';
import { findFilterLoader, tryNamespaces } from '#functions/isolation.ts';

export async function offeredModes(wanted: readonly IsolationMode[]): Promise<IsolationMode[]> {
  const offered: IsolationMode[] = ['process'];
  if ((await tryNamespaces()) === undefined) {
    offered.push('namespaces');
    if (await findFilterLoader()) offered.push('strict');
  }
  const modes = wanted.filter((mode) => offered.includes(mode));
  if (modes.length === 0) throw new Error(`this machine offers none of the modes ${wanted.join(', ')}`);
  return modes;
}
