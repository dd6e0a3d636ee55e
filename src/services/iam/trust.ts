// Trust policies: checked like other documents, and their principals must exist.
import type { Reader } from '#store/contract.ts';
import { parsePolicy } from '#core/policy/index.ts';
import { malformedPolicyDocument, quotaExceeded } from './errors.ts';
import { checkDocument, documentSize } from './policy-documents.ts';
import { find } from './store.ts';

const TRUST_SIZE_MAX = 2048;

const ENTITY_ARN = /^arn:aws:iam::(\d{12}):(user|role)\/(?:.*\/)?([^/]+)$/;

/** Users and roles of this account must be there; those of other accounts are taken on trust. */
export async function checkTrustPolicy(reader: Reader, accountId: string, text: string): Promise<void> {
  checkDocument(text, 'trust');
  if (documentSize(text) > TRUST_SIZE_MAX) throw quotaExceeded('ACLSizePerRole', TRUST_SIZE_MAX);
  for (const { principals } of parsePolicy(text, 'trust').statements) {
    for (const arn of principals?.arns ?? []) {
      const [, owner, kind, name = ''] = ENTITY_ARN.exec(arn) ?? [];
      if (owner !== accountId || (kind !== 'user' && kind !== 'role')) continue;
      if (!(await find(reader, accountId, kind, name))) {
        throw malformedPolicyDocument(`Invalid principal in policy: "AWS":"${arn}"`);
      }
    }
  }
}
