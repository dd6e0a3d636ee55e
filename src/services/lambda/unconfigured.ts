// What this build has none of, asked for by tools that read everything about a function (Terraform, the console): truthful
// answers. The operations that would set these things are not in the table.
import type { Operation } from '#kernel/service.ts';
import { notOffered } from './errors.ts';
import { functionArn, parseFunctionName } from './names.ts';
import { requireFunction } from './record.ts';
import { resolveVersion } from './resolve.ts';
import { placeOf } from './store.ts';

export const getFunctionCodeSigningConfig: Operation<'lambda', 'GetFunctionCodeSigningConfig'> = async (
  input,
  context,
) => {
  const record = await requireFunction(context, parseFunctionName(input.FunctionName ?? '', placeOf(context)));
  return { FunctionName: record.name } as Awaited<ReturnType<Operation<'lambda', 'GetFunctionCodeSigningConfig'>>>;
};

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
