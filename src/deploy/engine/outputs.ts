// Outputs and exports at the end of an operation.
import type { Transaction } from '#store/contract.ts';
import * as store from '../stacks/store.ts';
import { formatError, TemplateError } from '../template/error.ts';
import { evaluate } from '../template/evaluate.ts';
import { resolveDynamicReferences } from '../template/dynamic-references.ts';
import { outputText } from '../template/output-text.ts';
import type { OutputRecord, StackRecord } from './records.ts';
import { readDynamicReference, resourceScope, type Session } from './session.ts';

const OUTPUT_VALUE_BYTES_MAX = 4_096;

export async function computeOutputs(session: Session): Promise<OutputRecord[]> {
  const scope = resourceScope(session);
  return Promise.all(
    session.blueprint!.outputs.map(async (output) => {
      const evaluated = await resolveDynamicReferences(evaluate(output.value, scope), (reference) =>
        readDynamicReference(session.call, reference),
      );
      const value = outputText(evaluated, output.key);
      if (Buffer.byteLength(value) > OUTPUT_VALUE_BYTES_MAX) {
        throw formatError(`Output ${output.key} is longer than ${OUTPUT_VALUE_BYTES_MAX} bytes`);
      }
      return {
        key: output.key,
        value,
        ...(output.description !== undefined && { description: output.description }),
        ...(output.exportName !== undefined && {
          exportName: outputText(evaluate(output.exportName, scope), output.key),
        }),
      };
    }),
  );
}

/** Puts a stack's exports in place of its former ones, or says why that cannot be. */
export async function exchangeExports(
  tx: Transaction,
  stack: StackRecord,
  outputs: readonly OutputRecord[],
): Promise<void> {
  const next = new Map<string, string>();
  for (const { exportName, value } of outputs) {
    if (exportName === undefined) continue;
    if (next.has(exportName)) throw new TemplateError(`Duplicate Export names in template: ${exportName}`);
    next.set(exportName, value);
    const owner = await store.getExport(tx, stack, exportName);
    if (owner && owner.uuid !== stack.uuid) {
      throw new TemplateError(`Export with name ${exportName} is already exported by stack ${nameOf(owner.stackId)}`);
    }
  }
  for (const { exportName: name, value } of stack.outputs) {
    if (name === undefined || next.get(name) === value) continue;
    const importers = await store.listImporters(tx, stack, name);
    if (importers.length > 0) {
      const verb = next.has(name) ? 'updated' : 'deleted';
      throw new TemplateError(`Export ${name} cannot be ${verb} as it is in use by ${importers.join(', ')}`);
    }
    if (!next.has(name)) store.deleteExport(tx, stack, name);
  }
  for (const [name, value] of next)
    store.putExport(tx, stack, { name, value, stackId: stack.stackId, uuid: stack.uuid });
}

const nameOf = (stackId: string): string => stackId.split('/')[1] ?? stackId;
