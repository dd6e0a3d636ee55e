// Stack policies: what an update may do to which resource.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
import { matchesWildcards } from '#core/policy/index.ts';
import { TemplateError } from '../template/error.ts';
import { ResourceFailure } from './failure.ts';
import type { ResourceRecord } from './records.ts';
import type { Session } from './session.ts';

export type UpdateAction = 'Update:Modify' | 'Update:Replace' | 'Update:Delete';

interface Statement {
  Effect: 'Allow' | 'Deny';
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

const listOf = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

function speaksOf(statement: Statement, action: UpdateAction, logicalId: string, type: string): boolean {
  const { Action, NotAction, Resource, NotResource, Condition } = statement;
  const matchesAction = (patterns: string[]): boolean => patterns.some((pattern) => matchesWildcards(pattern, action));
  if (NotAction === undefined ? !matchesAction(listOf(Action)) : matchesAction(listOf(NotAction))) return false;
  const matchesResource = (patterns: string[]): boolean =>
    patterns.some((pattern) => pattern === '*' || matchesWildcards(pattern, `LogicalResourceId/${logicalId}`));
  if (NotResource === undefined ? !matchesResource(listOf(Resource)) : matchesResource(listOf(NotResource)))
    return false;
  return Object.entries(Condition ?? {}).every(([operator, keys]) =>
    listOf(keys.ResourceType).some((wanted) =>
      operator === 'StringLike' ? matchesWildcards(wanted, type) : wanted === type,
    ),
  );
}

/** With a policy everything is denied that no statement allows; Deny wins. */
export function isAllowed(policy: string, action: UpdateAction, logicalId: string, type: string): boolean {
  const { Statement: statements } = JSON.parse(policy) as { Statement: Statement | Statement[] };
  const list = Array.isArray(statements) ? statements : [statements];
  const relevant = list.filter((statement) => speaksOf(statement, action, logicalId, type));
  return relevant.some(({ Effect }) => Effect === 'Allow') && !relevant.some(({ Effect }) => Effect === 'Deny');
}

export function checkStackPolicy(session: Session, record: ResourceRecord, action: UpdateAction): void {
  const policy = session.operation.stackPolicyDuringUpdate ?? session.stack.stackPolicy;
  if (policy === undefined || isAllowed(policy, action, record.logicalId, record.type)) return;
  throw new ResourceFailure(
    `Action denied by stack policy: Statement [#1] does not allow [${action}] for resource [LogicalResourceId/${record.logicalId}]`,
  );
}

/** Refuses what is no stack policy. */
export function checkPolicyText(text: string): void {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch (error) {
    throw new TemplateError('Error validating stack policy: Invalid stack policy', undefined, error);
  }
  const statements = (policy as { Statement?: unknown } | null)?.Statement;
  const list = Array.isArray(statements) ? statements : statements === undefined ? [] : [statements];
  if (list.length === 0) throw new TemplateError('Error validating stack policy: Missing required field Statement');
  for (const statement of list as Partial<Statement & { Principal: string }>[]) {
    if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') {
      throw new TemplateError('Error validating stack policy: Invalid Effect element');
    }
    if (!statement.Action && !statement.NotAction)
      throw new TemplateError('Error validating stack policy: Missing Action element');
    if (!statement.Resource && !statement.NotResource) {
      throw new TemplateError('Error validating stack policy: Missing Resource element');
    }
    if (statement.Principal !== '*') throw new TemplateError("Error validating stack policy: Principal must be '*'");
    const operators = Object.keys(statement.Condition ?? {});
    if (operators.some((operator) => operator !== 'StringEquals' && operator !== 'StringLike')) {
      throw new TemplateError('Error validating stack policy: Invalid Condition element');
    }
  }
}
