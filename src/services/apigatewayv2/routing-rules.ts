// Rules that lead requests of a custom domain to stages of REST APIs, by header and base path.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-routing-rules.html
import type { RoutingRule as Described, RoutingRuleAction, RoutingRuleCondition } from '@aws-sdk/client-apigatewayv2';
import { findPublishedApi, putDomain, requireDomain, type Domain, type RoutingRule } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Transaction } from '#store/contract.ts';
import { checkTarget } from './api-mappings.ts';
import { badRequest, conflict, notOffered, routingRuleNotFound } from './errors.ts';
import { pageOf } from './page.ts';

/** Quota "Routing rules per domain" */
const RULES_MAX = 50;
const PRIORITY_MAX = 1_000_000;
const HEADER_CONDITIONS_MAX = 2;
const BASE_PATHS_MAX = 50;
const HEADER = /^[A-Za-z0-9*?\-!#$%&'.^_`|~]{1,40}$/;
const VALUE_GLOB_LENGTH_MAX = 128;
const BASE_PATH = /^[A-Za-z0-9$\-_.+!*'()]+(\/[A-Za-z0-9$\-_.+!*'()]+)*$/;

const arnOf = ({ region, accountId, domainName }: Domain, id: string): string =>
  `arn:aws:apigateway:${region}:${accountId}:/domainnames/${domainName}/routingrules/${id}`;

const describe = (domain: Domain, { id, ...rule }: RoutingRule): Described => ({
  Actions: [{ InvokeApi: { ApiId: rule.apiId, Stage: rule.stage, StripBasePath: rule.stripBasePath } }],
  Conditions: [
    ...rule.headers.map((group) => ({
      MatchHeaders: { AnyOf: group.map(({ header, valueGlob }) => ({ Header: header, ValueGlob: valueGlob })) },
    })),
    ...(rule.basePaths ? [{ MatchBasePaths: { AnyOf: rule.basePaths } }] : []),
  ],
  Priority: rule.priority,
  RoutingRuleArn: arnOf(domain, id),
  RoutingRuleId: id,
});

function actionOf(actions: RoutingRuleAction[]): Pick<RoutingRule, 'apiId' | 'stage' | 'stripBasePath'> {
  const [action] = actions;
  if (!action?.InvokeApi || actions.length > 1) throw badRequest('A routing rule must have exactly one action');
  const { ApiId, Stage, StripBasePath = false } = action.InvokeApi;
  if (!ApiId || !Stage) throw badRequest('The action of a routing rule must have an API and a stage');
  return { apiId: ApiId, stage: Stage, stripBasePath: StripBasePath };
}

function conditionsOf(conditions: RoutingRuleCondition[]): Pick<RoutingRule, 'basePaths' | 'headers'> {
  const headers: RoutingRule['headers'] = [];
  let basePaths: string[] | undefined;
  for (const { MatchBasePaths, MatchHeaders } of conditions) {
    if (Boolean(MatchBasePaths) === Boolean(MatchHeaders)) {
      throw badRequest('A condition must match either base paths or headers');
    }
    if (MatchHeaders) headers.push(headersOf(MatchHeaders.AnyOf ?? []));
    else if (basePaths) throw badRequest('A routing rule can have one condition with base paths');
    else basePaths = basePathsOf(MatchBasePaths?.AnyOf ?? []);
  }
  if (headers.length > HEADER_CONDITIONS_MAX) {
    throw badRequest(`A routing rule can have at most ${HEADER_CONDITIONS_MAX} conditions with headers`);
  }
  return { headers, ...(basePaths && { basePaths }) };
}

function headersOf(
  given: { Header?: string | undefined; ValueGlob?: string | undefined }[],
): RoutingRule['headers'][number] {
  if (given.length === 0) throw badRequest('A condition with headers must name at least one');
  return given.map(({ Header: header = '', ValueGlob: valueGlob = '' }) => {
    if (!HEADER.test(header)) throw badRequest(`Invalid header name specified in a condition: ${header}`);
    // The star stands at the ends only: *value, value*, *value*.
    const isGlob = valueGlob.length > 0 && valueGlob.length <= VALUE_GLOB_LENGTH_MAX;
    if (!isGlob || valueGlob.slice(1, -1).includes('*')) {
      throw badRequest(`Invalid header value glob specified in a condition: ${valueGlob}`);
    }
    return { header, valueGlob };
  });
}

function basePathsOf(given: string[]): string[] {
  if (given.length === 0 || given.length > BASE_PATHS_MAX) {
    throw badRequest(`A condition with base paths must have 1 to ${BASE_PATHS_MAX} of them`);
  }
  for (const path of given) {
    if (!BASE_PATH.test(path)) throw badRequest(`Invalid base path specified in a condition: ${path}`);
  }
  return given;
}

interface RuleInput {
  Actions?: RoutingRuleAction[] | undefined;
  Conditions?: RoutingRuleCondition[] | undefined;
  Priority?: number | undefined;
}

async function ruleOf(
  tx: Transaction,
  context: Context,
  domain: Domain,
  id: string,
  { Actions = [], Conditions = [], Priority = 0 }: RuleInput,
): Promise<RoutingRule> {
  if (!Number.isInteger(Priority) || Priority < 1 || Priority > PRIORITY_MAX) {
    throw badRequest(`Invalid priority specified. It must be between 1 and ${PRIORITY_MAX}`);
  }
  const rule: RoutingRule = { id, priority: Priority, ...conditionsOf(Conditions), ...actionOf(Actions) };
  await checkTarget(tx, context, rule.apiId, rule.stage);
  if ((await findPublishedApi(tx, rule.apiId))?.kind !== 'REST') {
    throw badRequest('Routing rules can only invoke stages of REST APIs');
  }
  if (domain.rules.some((other) => other.id !== id && other.priority === Priority)) {
    throw conflict(`A routing rule with the priority ${Priority} already exists for this domain name`);
  }
  return rule;
}

function refusePrivate(domainNameId: string | undefined): void {
  if (domainNameId !== undefined) throw notOffered('private domain names');
}

function requireRule({ rules }: Domain, id: string): RoutingRule {
  const rule = rules.find((each) => each.id === id);
  if (!rule) throw routingRuleNotFound();
  return rule;
}

export const createRoutingRule: Operation<'apigatewayv2', 'CreateRoutingRule'> = (input, context) =>
  context.store.transact(async (tx) => {
    refusePrivate(input.DomainNameId);
    const domain = await requireDomain(tx, context, input.DomainName);
    const rule = await ruleOf(tx, context, domain, context.ids.lower(6), input);
    if (domain.rules.length >= RULES_MAX) {
      throw badRequest('Maximum number of routing rules for this domain name has been reached.');
    }
    putDomain(tx, { ...domain, rules: [...domain.rules, rule] });
    return describe(domain, rule);
  });

export const getRoutingRule: Operation<'apigatewayv2', 'GetRoutingRule'> = async (input, context) => {
  refusePrivate(input.DomainNameId);
  const domain = await requireDomain(context.store, context, input.DomainName);
  return describe(domain, requireRule(domain, input.RoutingRuleId));
};

export const listRoutingRules: Operation<'apigatewayv2', 'ListRoutingRules'> = async (input, context) => {
  refusePrivate(input.DomainNameId);
  const domain = await requireDomain(context.store, context, input.DomainName);
  const ordered = domain.rules.toSorted((a, b) => a.priority - b.priority);
  const { NextToken, MaxResults } = input;
  const page = {
    ...(NextToken !== undefined && { NextToken }),
    ...(MaxResults !== undefined && { MaxResults: String(MaxResults) }),
  };
  const { Items, ...next } = pageOf(ordered, (rule) => rule.id, page);
  return { RoutingRules: Items.map((rule) => describe(domain, rule)), ...next };
};

/** Replaces a rule as a whole. */
export const putRoutingRule: Operation<'apigatewayv2', 'PutRoutingRule'> = (input, context) =>
  context.store.transact(async (tx) => {
    refusePrivate(input.DomainNameId);
    const domain = await requireDomain(tx, context, input.DomainName);
    const { id } = requireRule(domain, input.RoutingRuleId);
    const rule = await ruleOf(tx, context, domain, id, input);
    putDomain(tx, { ...domain, rules: domain.rules.map((each) => (each.id === id ? rule : each)) });
    return describe(domain, rule);
  });

export const deleteRoutingRule: Operation<'apigatewayv2', 'DeleteRoutingRule'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    refusePrivate(input.DomainNameId);
    const domain = await requireDomain(tx, context, input.DomainName);
    const { id } = requireRule(domain, input.RoutingRuleId);
    putDomain(tx, { ...domain, rules: domain.rules.filter((each) => each.id !== id) });
  });
  return {};
};
