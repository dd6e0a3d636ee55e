import type { CfnResource } from '../cfn-resource.ts';
import type { TransformContext } from '../context.ts';
import type { Json, JsonMap } from '../json.ts';
import type { PropertyTable } from '../properties.ts';

/** What an event invokes: the function, or the alias that AutoPublishAlias made. */
export interface InvocationTarget {
  /** For permissions and event source mappings. */
  readonly name: Json;
  readonly arn: Json;
  /** How integrations name it within Fn::Sub: `${Fn.Arn}` or `${FnAliaslive}`. */
  readonly subPath: string;
}

/** One entry under the `Events` of a function, its properties checked. */
export interface FunctionEvent {
  readonly functionId: string;
  readonly eventId: string;
  /** Function id and event id: the logical id of what the event becomes. */
  readonly logicalId: string;
  readonly properties: JsonMap;
  readonly target: InvocationTarget;
  /** The execution role, when the transform makes it: events add what they need. */
  readonly role: CfnResource | undefined;
  readonly passedOn: JsonMap;
  readonly context: TransformContext;
}

export interface EventSource {
  readonly properties: PropertyTable;
  readonly build: (event: FunctionEvent) => CfnResource[];
}
