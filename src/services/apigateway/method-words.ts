// Methods and integrations as the API answers them.
import type { Integration, IntegrationResponse, Method } from '@aws-sdk/client-api-gateway';
import type { PublishedIntegrationResponse, PublishedMethod, PublishedRestIntegration } from '#gateway/index.ts';

/** An empty template is answered as null: `"responseTemplates": {"application/json": null}`. */
const templatesOf = (templates: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(templates).map(([type, text]) => [type, text === '' ? (null as never) : text]));

export const describeIntegrationResponse = (response: PublishedIntegrationResponse): IntegrationResponse => ({
  ...response,
  ...(response.responseTemplates && { responseTemplates: templatesOf(response.responseTemplates) }),
});

export function describeIntegration(integration: PublishedRestIntegration): Integration {
  const { requestTemplates, integrationResponses, ...rest } = integration;
  return {
    ...(rest as Integration),
    ...(requestTemplates && { requestTemplates: templatesOf(requestTemplates) }),
    ...(integrationResponses && {
      integrationResponses: Object.fromEntries(
        Object.entries(integrationResponses).map(([status, each]) => [status, describeIntegrationResponse(each)]),
      ),
    }),
  };
}

export const describeMethod = ({ methodIntegration, ...method }: PublishedMethod): Method => ({
  ...(method as Method),
  ...(methodIntegration && { methodIntegration: describeIntegration(methodIntegration) }),
});
