// What becomes of a backend's answer, by status code.
import type { PublishedIntegrationResponse, PublishedMethod } from '#gateway/index.ts';
import type { Operation } from '#kernel/service.ts';
import { badRequest, responseNotFound } from './errors.ts';
import { requireIntegration } from './integrations.ts';
import { describeIntegrationResponse } from './method-words.ts';
import { changeMethod, readMethod } from './methods.ts';
import { applyPatch, mapRule, textRule, type PatchRule } from './patch.ts';

/** Checks of one integration response, for PutIntegrationResponse and for imports. */
export function integrationResponseOf(given: PublishedIntegrationResponse): PublishedIntegrationResponse {
  if (!/^[1-5]\d\d$/.test(given.statusCode)) throw badRequest('Invalid status code specified');
  const { statusCode, selectionPattern, responseParameters, responseTemplates, contentHandling } = given;
  return {
    statusCode,
    ...(selectionPattern !== undefined && { selectionPattern }),
    ...(responseParameters && { responseParameters }),
    ...(responseTemplates && { responseTemplates }),
    ...(contentHandling !== undefined && { contentHandling }),
  };
}

function checkResponseParameters(method: PublishedMethod, response: PublishedIntegrationResponse): void {
  const declared = method.methodResponses?.[response.statusCode]?.responseParameters ?? {};
  for (const name of Object.keys(response.responseParameters ?? {})) {
    if (!Object.hasOwn(declared, name)) {
      throw badRequest(
        `Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: ${name}]`,
      );
    }
  }
}

export const putIntegrationResponse: Operation<'apigateway', 'PutIntegrationResponse'> = (input, context) =>
  changeMethod(context, input, ({ method }) => {
    const integration = requireIntegration(method);
    if (!method.methodResponses?.[input.statusCode]) throw responseNotFound();
    const response = integrationResponseOf(input as PublishedIntegrationResponse);
    checkResponseParameters(method, response);
    integration.integrationResponses = { ...integration.integrationResponses, [response.statusCode]: response };
    return describeIntegrationResponse(response);
  });

export const getIntegrationResponse: Operation<'apigateway', 'GetIntegrationResponse'> = async (input, context) => {
  const response = requireIntegration(await readMethod(context, input)).integrationResponses?.[input.statusCode];
  if (!response) throw responseNotFound();
  return describeIntegrationResponse(response);
};

export const deleteIntegrationResponse: Operation<'apigateway', 'DeleteIntegrationResponse'> = async (
  input,
  context,
) => {
  await changeMethod(context, input, ({ method }) => {
    const integration = requireIntegration(method);
    if (!integration.integrationResponses?.[input.statusCode]) throw responseNotFound();
    delete integration.integrationResponses[input.statusCode];
    if (Object.keys(integration.integrationResponses).length === 0) delete integration.integrationResponses;
  });
  return {};
};

const RESPONSE_RULES: readonly PatchRule<PublishedIntegrationResponse>[] = [
  textRule<PublishedIntegrationResponse>('selectionPattern', ['replace', 'remove']),
  textRule<PublishedIntegrationResponse>('contentHandling', ['replace', 'remove']),
  mapRule<PublishedIntegrationResponse>('responseParameters'),
  mapRule<PublishedIntegrationResponse>('responseTemplates'),
];

export const updateIntegrationResponse: Operation<'apigateway', 'UpdateIntegrationResponse'> = (input, context) =>
  changeMethod(context, input, ({ method }) => {
    const response = requireIntegration(method).integrationResponses?.[input.statusCode];
    if (!response) throw responseNotFound();
    applyPatch(response, input.patchOperations, RESPONSE_RULES);
    checkResponseParameters(method, response);
    return describeIntegrationResponse(response);
  });
