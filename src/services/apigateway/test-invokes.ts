// One request, or one question to an authorizer, against the API as it is now.
import {
  testInvokeAuthorizer as testAuthorizer,
  testInvokeMethod as testMethod,
  type TestApi,
} from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { requireClientCertificate } from './client-certificates.ts';
import { authorizerNotFound, badRequest, methodNotFound } from './errors.ts';
import { freeze } from './publish.ts';
import { requireResource } from './resources.ts';
import { requireApi } from './rest-apis.ts';
import { authorizers, placeOf } from './store.ts';

const apiNow = (context: Context, restApiId: string): Promise<TestApi> =>
  context.store.transact(async (tx) => {
    const api = await requireApi(context, restApiId, tx);
    const deployment = await freeze(tx, context, api, 'test');
    return { ...placeOf(context), apiId: api.id, name: api.name, deployment };
  });

export const testInvokeMethod: Operation<'apigateway', 'TestInvokeMethod'> = async (input, context) => {
  const { restApiId, resourceId, clientCertificateId, ...request } = input;
  const shown = clientCertificateId
    ? await requireClientCertificate(context.store, context, clientCertificateId)
    : undefined;
  const api: TestApi = {
    ...(await apiNow(context, restApiId)),
    ...(shown && { clientCertificate: { certificate: shown.certificate, privateKey: shown.privateKey } }),
  };
  await requireResource(context.store, placeOf(context), restApiId, resourceId);
  const answer = await testMethod(context.platform, api, resourceId, request);
  if (!answer) throw methodNotFound();
  return answer;
};

export const testInvokeAuthorizer: Operation<'apigateway', 'TestInvokeAuthorizer'> = async (input, context) => {
  const { restApiId, authorizerId, additionalContext, ...request } = input;
  const api = await apiNow(context, restApiId);
  const authorizer = await authorizers.find(context.store, placeOf(context), restApiId, authorizerId);
  if (!authorizer) throw authorizerNotFound();
  if (authorizer.type === 'COGNITO_USER_POOLS') {
    throw badRequest('Gatehouse tests Lambda authorizers only: a user pool authorizer is tested by a request');
  }
  if (additionalContext && Object.keys(additionalContext).length > 0) {
    throw badRequest('Gatehouse does not offer additionalContext in TestInvokeAuthorizer');
  }
  const answer = await testAuthorizer(context.platform, api, authorizerId, request);
  if (!answer) throw authorizerNotFound();
  return answer;
};
