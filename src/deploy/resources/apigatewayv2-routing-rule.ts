// Routing rules of custom domains. The template names the domain by its ARN.
import type { RoutingRule } from '@aws-sdk/client-apigatewayv2';
import type { Created, Properties, ResourceType } from './contract.ts';
import { ignoreMissing, isSame, pick } from './shared.ts';

const domainOf = ({ DomainNameArn }: Properties): string => String(DomainNameArn).split('/domainnames/')[1] ?? '';

/** Ref is the rule's ARN, which is its primary identifier. */
const created = ({ RoutingRuleArn = '', RoutingRuleId = '' }: RoutingRule): Created => ({
  physicalId: RoutingRuleArn,
  attributes: { RoutingRuleArn, RoutingRuleId },
});

const idOf = (physicalId: string): string => physicalId.split('/routingrules/')[1] ?? '';

type RuleProperties = { Actions: any; Conditions: any; Priority: number };
const ruleOf = (properties: Properties): RuleProperties =>
  pick(properties, ['Actions', 'Conditions', 'Priority']) as RuleProperties;

export const routingRule: ResourceType = {
  type: 'AWS::ApiGatewayV2::RoutingRule',
  service: 'ApiGatewayV2',
  async create(properties, { call }) {
    const input = { DomainName: domainOf(properties), ...ruleOf(properties) };
    return created(await call('apigatewayv2', 'CreateRoutingRule', input));
  },
  /** No two rules of a domain have the same priority. */
  async findCreated(properties, { call, isClaimed }) {
    const { RoutingRules } = await call('apigatewayv2', 'ListRoutingRules', { DomainName: domainOf(properties) });
    const found = RoutingRules?.find(
      (rule) => !isClaimed(rule.RoutingRuleArn ?? '') && isSame(rule.Priority, properties.Priority),
    );
    return found && created(found);
  },
  async update({ physicalId }, properties, { call }) {
    const input = { DomainName: domainOf(properties), RoutingRuleId: idOf(physicalId), ...ruleOf(properties) };
    return created(await call('apigatewayv2', 'PutRoutingRule', input));
  },
  async delete({ physicalId, properties }, { call }) {
    const input = { DomainName: domainOf(properties), RoutingRuleId: idOf(physicalId) };
    await ignoreMissing(() => call('apigatewayv2', 'DeleteRoutingRule', input));
  },
};
