// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
import type { Authorize } from '#kernel/service.ts';
import { functionArn, parseFunctionName } from '../names.ts';
import { placeOf } from '../store.ts';
import { findMapping } from './store.ts';
import { mappingOfArn } from './tags.ts';

/** Creating and listing have no resource; the function is a condition. */
export const onNewMapping =
  (action: string): Authorize =>
  (input: { FunctionName?: string }, context) => {
    const ref = input.FunctionName === undefined ? undefined : parseFunctionName(input.FunctionName, placeOf(context));
    return [
      {
        action: `lambda:${action}`,
        resource: '*',
        ...(ref && { conditions: { 'lambda:FunctionArn': functionArn(ref, ref.name, ref.qualifier) } }),
      },
    ];
  };

export const onMapping =
  (action: string): Authorize =>
  async ({ UUID: uuid }: { UUID: string }, context) => {
    const mapping = await findMapping(context.store, placeOf(context), uuid);
    return [
      {
        action: `lambda:${action}`,
        resource: `arn:aws:lambda:${context.region}:${context.accountId}:event-source-mapping:${uuid}`,
        ...(mapping && { conditions: { 'lambda:FunctionArn': mapping.functionArn } }),
      },
    ];
  };

/** TagResource and its kin take ARNs of functions and of mappings. */
export const onMappingOr =
  (action: string, otherwise: Authorize): Authorize =>
  (input: { Resource: string }, context) => {
    const uuid = mappingOfArn(input.Resource);
    return uuid === undefined ? otherwise(input, context) : onMapping(action)({ UUID: uuid }, context);
  };
