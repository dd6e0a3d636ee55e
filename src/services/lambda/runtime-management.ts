import type { Operation } from '#kernel/service.ts';
import { notOffered } from './errors.ts';
import { functionArn, parseFunctionName } from './names.ts';
import { resolveVersion } from './resolve.ts';
import { placeOf } from './store.ts';

/** The runtime is the one that Gatehouse ships: it changes when Gatehouse does. */
export const getRuntimeManagementConfig: Operation<'lambda', 'GetRuntimeManagementConfig'> = async (input, context) => {
  const ref = parseFunctionName(input.FunctionName ?? '', placeOf(context), input.Qualifier);
  await resolveVersion(context, ref);
  return { UpdateRuntimeOn: 'Auto', FunctionArn: functionArn(ref, ref.name, ref.qualifier ?? '$LATEST') };
};

export const putRuntimeManagementConfig: Operation<'lambda', 'PutRuntimeManagementConfig'> = async (input, context) => {
  if (input.UpdateRuntimeOn !== 'Auto') throw notOffered(`UpdateRuntimeOn ${input.UpdateRuntimeOn}`);
  return getRuntimeManagementConfig(input, context) as ReturnType<Operation<'lambda', 'PutRuntimeManagementConfig'>>;
};
