// What becomes of a backend's answer, by status code.
import type { PublishedIntegrationResponse, PublishedMethod } from '#gateway/index.ts';
import type { Operation } from '#kernel/service.ts';
import { badRequest, invalidStatusCode, notOneOf, responseNotFound } from './errors.ts';
import { requireIntegration } from './integrations.ts';
import { describeIntegrationResponse } from './method-words.ts';
import { changeMethod, readMethod } from './methods.ts';
import { applyPatch, mapRule, textRule, type PatchRule } from './patch.ts';

const CONTENT_HANDLINGS: readonly string[] = ['CONVERT_TO_BINARY', 'CONVERT_TO_TEXT'];
const SOURCE =
  /^('.*'|integration\.response\.(header|multivalueheader)\..+|integration\.response\.body(\.|\[|$).*|stageVariables\.\w+|context\..+)$/s;

/** Checks of one integration response, for PutIntegrationResponse and for imports. */
export function integrationResponseOf(given: PublishedIntegrationResponse): PublishedIntegrationResponse {
  const { statusCode, selectionPattern, responseParameters, responseTemplates, contentHandling } = given;
  if (!/^[1-5]\d\d$/.test(statusCode)) throw invalidStatusCode(statusCode);
  if (contentHandling !== undefined && !CONTENT_HANDLINGS.includes(contentHandling)) {
    throw notOneOf(contentHandling, 'putIntegrationResponseInput.contentHandling', CONTENT_HANDLINGS);
  }
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
  const invalid = (what: string): Error =>
    badRequest(`Invalid mapping expression specified: Validation Result: warnings : [], errors : [${what}]`);
  for (const [name, source] of Object.entries(response.responseParameters ?? {})) {
    if (!Object.hasOwn(declared, name)) throw invalid(`Invalid mapping expression parameter specified: ${name}`);
    if (!SOURCE.test(source)) throw invalid(`Invalid mapping expression specified: ${source}`);
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
