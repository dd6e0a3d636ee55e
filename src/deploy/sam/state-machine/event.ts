import type { CfnResource } from '../cfn-resource.ts';
import type { TransformContext } from '../context.ts';
import type { JsonMap } from '../json.ts';
import { assumeRolePolicy, iamRole } from '../policies/execution-role.ts';
import type { PropertyTable } from '../properties.ts';

/** One entry under the `Events` of a state machine, its properties checked. */
export interface StateMachineEvent {
  readonly stateMachineId: string;
  readonly eventId: string;
  readonly logicalId: string;
  readonly properties: JsonMap;
  /** A reference to the state machine, or to its alias. */
  readonly target: JsonMap;
  readonly passedOn: JsonMap;
  readonly context: TransformContext;
}

export interface StateMachineEventSource {
  readonly properties: PropertyTable;
  readonly build: (event: StateMachineEvent) => CfnResource[];
}

/** The role with which a service starts executions. */
export function startExecutionRole(event: StateMachineEvent, service: string): CfnResource {
  const logicalId = `${event.logicalId}Role`;
  const statement = { Action: 'states:StartExecution', Effect: 'Allow', Resource: event.target };
  const policy = {
    PolicyName: `${logicalId}StartExecutionPolicy`,
    PolicyDocument: { Statement: [statement] },
  };
  const contents = { assumeRolePolicyDocument: assumeRolePolicy(service), policies: [policy] };
  return iamRole(logicalId, contents, event.passedOn);
}
